// How high a chart of lying bars is, known before the chart itself has been loaded.

const AROUND = 56; // pixels for axis and legend
const BAR = 34;

export const lyingHeight = (bars: number): number => AROUND + BAR * bars;
