// The names by which the app knows the shapes of the API.
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

export type Player = Schemas["Player"];
export type SignIn = Schemas["SignIn"];
export type Game = Schemas["Game"];
export type NewGame = Schemas["NewGame"];
/** Answers carry every field; what may be left out is left out of requests only. */
export type Stat = Required<Schemas["Stat"]>;
export type NewStat = Schemas["NewStat"];
export type StatSet = Schemas["StatSet"];
export type Session = Omit<Schemas["Session"], "stats"> & { stats: Stat[] };
export type NewSession = Schemas["NewSession"];
/** A session in a list: without its stats, with who came out where. */
export type Summary = Pick<Session, "id" | "key" | "game_id" | "status" | "created_at" | "started_at"> & {
  seats: (Omit<Schemas["Seat"], "ready"> & { winner?: boolean | null })[];
};
export type Scoreboard = Schemas["Scoreboard"];
export type SeatScore = Schemas["SeatScore"];
export type StatScore = Schemas["StatScore"];
export type SeatChange = Schemas["SeatChange"];
export type Value = number | string | boolean;
