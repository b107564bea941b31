// A page that breaks says so, instead of leaving an empty screen.
import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useMessages } from "@/i18n/language";
import { Empty } from "@/ui/empty";

function Crashed() {
  const { app } = useMessages();
  return (
    <Empty what={app.crashed} how={app.crashedHow}>
      <Button onClick={() => location.reload()}>{app.reload}</Button>
    </Empty>
  );
}

export class CrashBoundary extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override render(): ReactNode {
    return this.state.crashed ? <Crashed /> : this.props.children;
  }
}
