// The names by which the app knows the shapes of the API.
import type { components } from "@/api/schema";

type Schemas = components["schemas"];

export type Player = Schemas["Player"];
export type SignIn = Schemas["SignIn"];
export type Game = Schemas["Game"];
export type NewGame = Schemas["NewGame"];
export type Stat = Schemas["Stat"];
export type StatSet = Schemas["StatSet"];
export type Session = Schemas["Session"];
export type NewSession = Schemas["NewSession"];
export type Summary = Schemas["Summary"];
export type Scoreboard = Schemas["Scoreboard"];
export type SeatScore = Schemas["SeatScore"];
export type StatScore = Schemas["StatScore"];
export type SeatChange = Schemas["SeatChange"];
export type Value = number | string | boolean;
