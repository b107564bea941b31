/**
 * The public API in the form openapi-typescript writes: `npm run api` replaces this file by the
 * one made from docs/reference/openapi.json.
 */

type Id = string;
type Time = string;

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

interface Call<Answer, Body = never, Path = never, Query = never> {
  parameters: {
    path?: Path;
    query?: Query;
    header?: { "Idempotency-Key"?: string };
  } & ([Path] extends [never] ? unknown : { path: Path });
  requestBody?: [Body] extends [never] ? never : { content: { "application/json": Body } };
  responses: {
    200: { content: { "application/json": Answer } };
    default: { content: { "application/problem+json": components["schemas"]["Problem"] } };
  };
}

interface Written {
  index: number;
}

export interface components {
  schemas: {
    Problem: {
      type: string;
      title: string;
      status: number;
      code: string;
      detail: string;
      trace_id?: string;
      errors?: { field: string; message: string }[];
    };
    Player: {
      id: Id;
      username: string | null;
      display_name: string;
      kind: "account" | "guest" | "bot" | "named";
      avatar_seed: string;
      color: string;
      region: string | null;
      created_at: Time;
    };
    SignIn: {
      access_token: string;
      refresh_token: string;
      token_type: "Bearer";
      expires_in: number;
      player: components["schemas"]["Player"];
    };
    Game: {
      id: Id;
      name: string;
      description: string;
      min_players?: number;
      max_players?: number;
      win: "highest" | "lowest" | "cooperative" | "none";
      rules: string;
      owner_id: Id;
      archived: boolean;
    };
    NewGame: {
      name: string;
      description?: string;
      min_players?: number;
      max_players?: number;
      win: "highest" | "lowest" | "cooperative" | "none";
    };
    Stat: {
      name: string;
      data_type: "integer" | "decimal" | "boolean" | "text" | "choice" | "duration";
      scope: "player" | "table";
      scoring?: boolean;
      choices?: string[];
      minimum?: number | string | null;
      maximum?: number | string | null;
      step?: number | string | null;
    };
    StatSet: { id: Id; name: string; stats: components["schemas"]["Stat"][] };
    Seat: { seat: number; player_id: Id; name: string | null; team: string | null; is_bot: boolean };
    Placing: {
      seat: number;
      player_id: Id;
      name: string | null;
      team: string | null;
      is_bot: boolean;
      place: number;
      winner: boolean;
      score: number | string | null;
    };
    Result: { seats: components["schemas"]["Placing"][]; given: boolean };
    Summary: {
      id: Id;
      key: string;
      game_id: Id;
      status: components["schemas"]["Session"]["status"];
      voided: boolean;
      seats: (components["schemas"]["Seat"] & {
        place: number | null;
        winner: boolean | null;
        score: number | string | null;
      })[];
      created_at: Time;
      started_at: Time | null;
      ended_at: Time | null;
    };
    Session: {
      id: Id;
      key: string;
      room_id: Id;
      game_id: Id;
      rules: string;
      status: "waiting" | "playing" | "finished" | "abandoned";
      seats: components["schemas"]["Seat"][];
      scorekeepers: Id[];
      host_id: Id;
      win: "highest" | "lowest" | "cooperative" | "none";
      stats: components["schemas"]["Stat"][];
      voided: boolean;
      paused: boolean;
      requests: { seat: number; player_id: Id; name: string | null }[];
      result: components["schemas"]["Result"] | null;
      previous: Id | null;
      index: number;
      round: number;
      started_at: Time | null;
      ended_at: Time | null;
    };
    NewSession: {
      game_id: Id;
      stat_set_id?: Id;
      stats?: components["schemas"]["Stat"][];
      seats: { player_id?: Id; name?: string; bot?: string }[];
      name?: string;
    };
    StatScore: {
      total: number | string | boolean | null;
      by_round: { round: number | null; value: number | string | boolean }[];
    };
    SeatScore: {
      seat: number;
      player_id: Id;
      name: string | null;
      team: string | null;
      total: number | string;
      rank: number;
      values: Record<string, components["schemas"]["StatScore"]>;
    };
    Scoreboard: {
      session_id: Id;
      key: string;
      index: number;
      status: components["schemas"]["Session"]["status"];
      round: number;
      seats: components["schemas"]["SeatScore"][];
      table: Record<string, components["schemas"]["StatScore"]>;
      missing: number[];
    };
    SeatChange: {
      add?: { name?: string; player_id?: Id };
      remove?: number;
      reorder?: number[];
      team?: { seat: number; team?: string };
      approve?: { seat: number; player_id: Id };
      decline?: { seat: number; player_id: Id };
    };
  };
}

type Schemas = components["schemas"];

export interface paths {
  "/auth/register": {
    post: Call<Schemas["SignIn"], { username: string; password: string; display_name?: string }>;
  };
  "/auth/login": { post: Call<Schemas["SignIn"], { username: string; password: string }> };
  "/auth/guest": { post: Call<Schemas["SignIn"], { display_name: string }> };
  "/auth/refresh": { post: Call<Schemas["SignIn"], { refresh_token: string }> };
  "/auth/logout": { post: Call<undefined> };
  "/players/me": { get: Call<Schemas["Player"]> };
  "/players": { get: Call<Page<Schemas["Player"]>, never, never, { limit?: number; cursor?: string }> };
  "/games": {
    get: Call<Page<Schemas["Game"]>, never, never, { limit?: number; cursor?: string }>;
    post: Call<Schemas["Game"], Schemas["NewGame"]>;
  };
  "/games/{id}": { get: Call<Schemas["Game"], never, { id: Id }> };
  "/games/{id}/stat-sets": {
    get: Call<Page<Schemas["StatSet"]>, never, { id: Id }>;
    post: Call<Schemas["StatSet"], { name: string; stats: Schemas["Stat"][] }, { id: Id }>;
  };
  "/rooms/by-key/{key}/join": {
    post: Call<unknown, { seat?: number; name?: string; spectator?: boolean }, { key: string }>;
  };
  "/sessions": { post: Call<Schemas["Session"], Schemas["NewSession"]> };
  "/sessions/history": { get: Call<Page<Schemas["Summary"]>, never, never, { limit?: number; cursor?: string }> };
  "/sessions/{id}": { get: Call<Schemas["Session"], never, { id: Id }> };
  "/sessions/{id}/scoreboard": { get: Call<Schemas["Scoreboard"], never, { id: Id }> };
  "/sessions/{id}/seats": { post: Call<Written, Schemas["SeatChange"], { id: Id }> };
  "/sessions/{id}/scorekeepers/{player_id}": {
    put: Call<Written, never, { id: Id; player_id: Id }>;
    delete: Call<Written, never, { id: Id; player_id: Id }>;
  };
}
