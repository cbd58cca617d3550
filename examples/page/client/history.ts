/** What was measured at one time, of each lane. */
export interface Sample {
  readonly atMs: number;
  /** Per second, both directions. */
  readonly rates: readonly number[];
  readonly cwnds: readonly number[];
  /** Smoothed round trips in ms. */
  readonly srtts: readonly number[];
  /** Is the path of this lane active? */
  readonly active: readonly boolean[];
}

/** Something that the user did, to be marked in the charts. */
export interface Mark {
  readonly atMs: number;
  readonly lane: number;
  readonly what: 'cut' | 'heal';
}

/** What the charts show: the last so many ms. */
export class History {
  readonly spanMs: number;
  readonly samples: Sample[] = [];
  readonly marks: Mark[] = [];

  constructor(spanMs: number) {
    this.spanMs = spanMs;
  }

  add(sample: Sample): void {
    this.samples.push(sample);
    while ((this.samples[0]?.atMs ?? 0) < sample.atMs - this.spanMs - 1000) this.samples.shift();
  }

  mark(mark: Mark): void {
    this.marks.push(mark);
    if (this.marks.length > 20) this.marks.shift();
  }
}
