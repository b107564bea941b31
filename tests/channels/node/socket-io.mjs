// The official Socket.IO client on a lead, as driver.mjs is for Phoenix.
// Arguments: the version, the address, and the options of the client as JSON.
import { createInterface } from "node:readline";

const [version, url, options] = process.argv.slice(2);
const { io } = await import(`socket.io-client-${version}`);

const say = (on, more = {}) => process.stdout.write(JSON.stringify({ on, ...more }) + "\n");

const socket = io(url, { reconnectionDelay: 20, reconnectionDelayMax: 20, ...JSON.parse(options) });
const transport = () => socket.io.engine.transport.name;
socket.on("connect", () => {
  say("connect", { transport: transport() });
  socket.io.engine.on("packet", ({ type }) => type === "ping" && say("ping"));
  const upgraded = () => say("upgrade", { transport: transport() });
  if (transport() === "websocket") upgraded(); // which may be over before the client is let in
  else socket.io.engine.once("upgrade", upgraded);
});
socket.on("connect_error", ({ message, data }) => say("connect_error", { message, data }));
socket.on("disconnect", (reason) => say("disconnect", { reason }));
socket.onAny((event, payload) => say(event, { payload }));

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { do: name, event, payload } = JSON.parse(line);
    if (name === "disconnect") socket.disconnect();
    else if (name === "silently") socket.emit(event, payload);
    else socket.emit(event, payload, (answer) => say("answer", { event, payload, ...answer }));
  })
  .on("close", () => process.exit(0));
