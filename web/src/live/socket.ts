// The one socket of the app: connects on first use, with a token that still works, as whoever is signed in.
import { Socket } from "phoenix";
import { answer, api, tokens } from "@/api/client";

const ANSWERED_MS = 10_000;

let socket: Socket | undefined;
let connectedAs: string | undefined;
let failures = 0;

/** Phoenix asks for the token at each connect and cannot wait, so it is renewed while it waits to try again. */
async function prepareRetry(): Promise<void> {
  failures += 1;
  await tokens.usable();
  // A token ended by the server looks like any failed handshake: now and then REST is asked, which renews it.
  if (failures % 3 === 0) await answer(api.GET("/players/me"));
}

function connect(): Socket {
  /** A handshake that nobody answers fails in time to try again; browsers wait for minutes. */
  class Impatient extends WebSocket {
    constructor(...where: ConstructorParameters<typeof WebSocket>) {
      super(...where);
      setTimeout(() => {
        if (this.readyState === this.CONNECTING) this.close();
      }, ANSWERED_MS);
    }
  }
  const made = new Socket("/socket", {
    transport: Impatient,
    // Written as a function, which the client accepts and its types do not say.
    authToken: (() => tokens.current()?.access ?? "") as unknown as string,
    heartbeatIntervalMs: 10_000,
  });
  made.onOpen(() => {
    failures = 0;
  });
  made.onError(() => {
    prepareRetry().catch((error: unknown) => console.warn("still no connection", error));
  });
  made.connect();
  return made;
}

function leave(): void {
  socket?.disconnect();
  socket = undefined;
  connectedAs = undefined;
}

// Once nobody is signed in, in whichever tab that was said, there is nothing to try again for.
tokens.subscribe(() => {
  if (tokens.current() === null) leave();
});

/** The socket of this person, and of nobody who has signed in after them. */
export async function liveSocket(playerId: string): Promise<Socket> {
  const kept = await tokens.usable();
  if (kept?.player.id !== playerId) throw new Error("nobody is signed in, or somebody else");
  if (connectedAs !== kept.player.id) leave();
  connectedAs = kept.player.id;
  socket ??= connect();
  return socket;
}
