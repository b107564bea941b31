// The names by which the app knows the shapes of the API.
import type { components, paths } from "@/api/schema";

type Schemas = components["schemas"];

export type Player = Schemas["Player"];
export type SignIn = Schemas["SignIn"];
export type Game = Schemas["Game"];
export type NewGame = Schemas["NewGame"];
export type ChangedGame = Schemas["ChangedGame"];
/** Answers carry every field; what may be left out is left out of requests only. */
export type Stat = Schemas["Stat"];
export type NewStat = Schemas["NewStat"];
export type StatSet = Schemas["StatSet"];
export type Session = Omit<Schemas["Session"], "stats"> & { stats: Stat[] };
export type NewSession = Schemas["NewSession"];
/** A session in a list: without its stats, with who came out where. */
export type Summary = Schemas["SessionSummary"];
export type Scoreboard = Schemas["Scoreboard"];
export type SeatScore = Schemas["SeatScore"];
export type StatScore = Schemas["StatScore"];
export type Correction = Schemas["Correction"];
export type Preview = Schemas["Preview"];
export type SeatChange = Schemas["SeatChange"];
export type Value = number | string | boolean;
export type HistoryFilters = Omit<
  NonNullable<paths["/api/v1/sessions/history"]["get"]["parameters"]["query"]>,
  "limit" | "cursor"
>;
export type Claim = Schemas["Claim"];
export type Invitation = Schemas["Invitation"];
export type Device = Schemas["Device"];
export type Figures = Schemas["PlayerStats"];
export type RecordFigures = Schemas["RecordFigures"];
export type GameFigures = Schemas["GameFigures"];
export type Course = Schemas["Course"];
export type Calendar = Schemas["Calendar"];
export type Timeline = Schemas["Timeline"];
export type Step = Schemas["Step"];
export type Account = Schemas["Me"];
export type Presented = Schemas["Presented"];
