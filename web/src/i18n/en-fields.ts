// What the server refuses of a form, in English: its fields, and what is wrong with them.

/** By the server's name of the field. */
const labels: Readonly<Partial<Record<string, string>>> = {
  username: "Username",
  password: "Password",
  current: "Current password",
  new: "New password",
  display_name: "Name",
  email: "E-mail",
  region: "Region",
  name: "Name",
  description: "Description",
  color: "Colour of the cover",
  initials: "Letters on the cover",
  min_players: "Fewest players",
  max_players: "Most players",
  stats: "What is counted",
  minimum: "Minimum",
  maximum: "Maximum",
  step: "Step",
  choices: "Choices",
  scoring: "Counts into the total",
  seats: "Players",
};

export const fields = {
  check: "Something is not right yet",
  labels,
  /** Which one of several, counted from 1. */
  nth: (label: string, number: number) => `${label} ${number}`,
  reasons: {
    atMost: (most: string) => `At most ${most} characters`,
    between: (least: string, most: string) => `${least} to ${most} characters`,
    range: (from: string, to: string) => `From ${from} to ${to}`,
    number: "Not a number that fits",
    visible: "Needs at least one visible character",
    control: "Holds characters that cannot be shown",
    username: "3 to 45 letters (A to Z), digits, - or _",
    isUsername: "Must not be the username",
    guessed: "Too easy to guess",
    reserved: "Is reserved. Choose another",
    official: "Would pass for the people who run this server",
    twice: "Stands there already; capitals make no difference",
    aboveMaximum: "Above the maximum",
    aboveMost: "More than at most",
    aboveZero: "Must be above zero",
    email: "Not an e-mail address",
    required: "Is needed",
  },
};
