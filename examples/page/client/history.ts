/** A measurement of both paths at one time. */
export interface Sample {
  readonly atMs: number;
  /** Bytes per second, both directions together. */
  readonly rates: readonly number[];
  readonly cwnds: readonly number[];
  /** Smoothed round-trip times in ms. */
  readonly srtts: readonly number[];
  /** Whether the path is active. */
  readonly active: readonly boolean[];
}

/** An action of the user that the charts mark. */
export interface Mark {
  readonly atMs: number;
  readonly link: number;
  readonly what: 'cut' | 'restore';
}

/** The samples and marks of the last `spanMs`. */
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
