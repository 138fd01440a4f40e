import { Injectable } from '@nestjs/common';
import { Pace } from '../../domain/pace.js';

interface Histogram {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  total: number;
}
type Labels = Readonly<Record<string, string | number>>;

/** What takes time, and the bounds that are told apart, in seconds. */
const SECONDS = {
  http_request_duration: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  /** From asking to the first person who opened the request. */
  approval_first_view: [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800],
} as const;

const label = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** A few counters of this process, as OpenMetrics text. */
@Injectable()
export class Metrics {
  readonly pace = new Pace();
  private readonly counters = new Map<string, number>();
  private readonly durations = new Map<keyof typeof SECONDS, Map<string, Histogram>>();
  private readonly gauges = new Map<string, () => number>();

  count(name: string, labels: Labels = {}): void {
    const key = series(`countersign_${name}_total`, labels);
    this.counters.set(key, (this.counters.get(key) ?? 0) + 1);
  }

  gauge(name: string, read: () => number, labels: Labels = {}): void {
    this.gauges.set(series(`countersign_${name}`, labels), read);
  }

  observe(name: keyof typeof SECONDS, seconds: number, labels: Labels = {}): void {
    const family = this.durations.get(name) ?? new Map<string, Histogram>();
    const histogram = family.get(series('', labels)) ?? { labels, counts: SECONDS[name].map(() => 0), sum: 0, total: 0 };
    SECONDS[name].forEach((bound, index) => seconds <= bound && histogram.counts[index]!++);
    histogram.sum += seconds;
    histogram.total++;
    this.durations.set(name, family.set(series('', labels), histogram));
  }

  request(method: string, route: string, status: number, ms: number): void {
    this.count('http_requests', { method, route, status });
    this.observe('http_request_duration', ms / 1000, { route });
    this.pace.note(route, ms);
  }

  text(): string {
    return [...this.counterLines(), ...this.gaugeLines(), ...this.durationLines(), '# EOF', ''].join('\n');
  }

  private counterLines(): string[] {
    const lines = [...this.counters].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ family: key.slice(0, key.indexOf('_total')), line: `${key} ${value}` }));
    return lines.flatMap(({ family, line }, index) => (lines[index - 1]?.family === family ? [line] : [`# TYPE ${family} counter`, line]));
  }

  private gaugeLines(): string[] {
    const lines = [...this.gauges].map(([key, read]) => ({ family: key.split('{', 1)[0], line: `${key} ${read()}` }));
    return lines.flatMap(({ family, line }, index) => (lines[index - 1]?.family === family ? [line] : [`# TYPE ${family} gauge`, line]));
  }

  private durationLines(): string[] {
    return [...this.durations].flatMap(([of, family]) => {
      const name = `countersign_${of}_seconds`;
      const lines = [...family.values()].flatMap(({ labels, counts, sum, total }) => [
        ...SECONDS[of].map((bound, index) => `${series(`${name}_bucket`, { ...labels, le: bound })} ${counts[index]}`),
        `${series(`${name}_bucket`, { ...labels, le: '+Inf' })} ${total}`,
        `${series(`${name}_sum`, labels)} ${sum}`,
        `${series(`${name}_count`, labels)} ${total}`,
      ]);
      return [`# TYPE ${name} histogram`, ...lines];
    });
  }
}

function series(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${label(String(value))}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
