// A page that breaks says so, instead of leaving an empty screen; the next one has nothing to do with it.
import { Button } from "@mantine/core";
import { Component, useEffect, type ReactNode } from "react";
import { useLocation } from "react-router";
import { Unreachable } from "@/api/problem";
import { forgetFailures } from "@/app/pages";
import { useMessages } from "@/i18n/language";
import { Empty } from "@/ui/empty";
import { Failure } from "@/ui/failure";

function Crashed({ error, retry }: { error: unknown; retry: () => void }) {
  const { app } = useMessages();
  useEffect(() => {
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [retry]);
  if (error instanceof Unreachable) return <Failure error={error} retry={retry} />;
  return (
    <Empty what={app.crashed} how={app.crashedHow}>
      <Button onClick={() => location.reload()}>{app.reload}</Button>
    </Empty>
  );
}

interface BoundaryProps {
  path: string;
  children: ReactNode;
}

interface BoundaryState {
  path: string;
  failure?: { error: unknown } | undefined;
}

class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { path: this.props.path };

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { failure: { error } };
  }

  static getDerivedStateFromProps({ path }: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return path === state.path ? null : { path, failure: undefined };
  }

  override componentDidCatch(): void {
    forgetFailures();
  }

  readonly #retry = (): void => this.setState({ failure: undefined });

  override render(): ReactNode {
    const { failure } = this.state;
    return failure ? <Crashed error={failure.error} retry={this.#retry} /> : this.props.children;
  }
}

export function CrashBoundary({ children }: { children: ReactNode }) {
  return <Boundary path={useLocation().pathname}>{children}</Boundary>;
}
