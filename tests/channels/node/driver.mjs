// The official client on a lead: does what lines on standard input say, and says what happens, in ndjson.
// Arguments: the version, the address, and the options of the socket as JSON.
import { createInterface } from "node:readline";
import WebSocket from "ws";

const [version, url, options] = process.argv.slice(2);
const { Presence, Socket } = await import(`phoenix-${version}`);

const say = (on, more = {}) => process.stdout.write(JSON.stringify({ on, ...more }) + "\n");

const { rejoinMs = 50, authToken, ...rest } = JSON.parse(options);
const socket = new Socket(url, {
  transport: WebSocket,
  reconnectAfterMs: () => 20,
  rejoinAfterMs: () => rejoinMs,
  ...(authToken && { authToken }),
  ...rest,
});
socket.onOpen(() => say("open"));
socket.onClose((event) => say("close", { code: event.code }));

const channels = new Map();

const commands = {
  join({ as, topic, params }) {
    const channel = socket.channel(topic, params);
    channels.set(as, channel);
    const presence = new Presence(channel);
    presence.onSync(() => {
      const here = presence.list((key, { metas }) => metas.map(({ role }) => role)).flat();
      say("presence", { as, here: here.sort(), waiting: presence.inPendingSyncState() });
    });
    const ofPlayers = ["achievement.unlocked", "leaderboard.updated", "notification"];
    for (const event of ["event", "scoreboard", "bye", ...ofPlayers])
      channel.on(event, (payload) => say(event, { as, payload }));
    channel.onError((reason) => say("error", { as, reason }));
    channel.onClose(() => say("closed", { as }));
    const push = channel.join();
    push.receive("ok", (response) => say("joined", { as, response }));
    push.receive("error", (response) => say("refused", { as, response }));
  },
  push({ as, event, payload }) {
    const push = channels.get(as).push(event, payload);
    for (const status of ["ok", "error", "timeout"])
      push.receive(status, (response) => say("reply", { as, status, response, payload }));
  },
  binary({ as, event }) {
    const push = channels.get(as).push(event, new Uint8Array([0, 255]).buffer);
    push.receive("error", (response) => say("reply", { as, status: "error", response }));
  },
  // What a client never sends by itself: a message under the reference of an earlier join.
  stale({ topic, event, payload }) {
    socket.push({ topic, event, payload, ref: socket.makeRef(), join_ref: "stale" });
  },
  leave({ as }) {
    channels.get(as).leave().receive("ok", () => say("left", { as }));
  },
  disconnect() {
    socket.disconnect(() => process.exit(0));
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { do: name, ...command } = JSON.parse(line);
    commands[name](command);
  })
  .on("close", () => process.exit(0));
socket.connect();
