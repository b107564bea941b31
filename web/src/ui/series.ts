// Colours of chart lines and bars, which can be told apart on light and on dark.
const COLORS = ["teal.6", "orange.6", "indigo.5", "pink.6", "yellow.7", "cyan.6", "grape.6", "red.7"];

export const seriesColor = (place: number): string => COLORS[place % COLORS.length] ?? "teal.6";
