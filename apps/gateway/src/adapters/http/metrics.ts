import { Injectable } from '@nestjs/common';

const BUCKETS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000];

interface Histogram {
  readonly counts: number[];
  sumMs: number;
  total: number;
}

const label = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/** A few counters of this process, as OpenMetrics text. */
@Injectable()
export class Metrics {
  private readonly counters = new Map<string, number>();
  private readonly durations = new Map<string, Histogram>();
  private readonly gauges = new Map<string, () => number>();

  count(name: string, labels: Readonly<Record<string, string | number>> = {}): void {
    const key = series(`countersign_${name}_total`, labels);
    this.counters.set(key, (this.counters.get(key) ?? 0) + 1);
  }

  gauge(name: string, read: () => number, labels: Readonly<Record<string, string | number>> = {}): void {
    this.gauges.set(series(`countersign_${name}`, labels), read);
  }

  request(method: string, route: string, status: number, ms: number): void {
    this.count('http_requests', { method, route, status });
    const histogram = this.durations.get(route) ?? { counts: BUCKETS_MS.map(() => 0), sumMs: 0, total: 0 };
    BUCKETS_MS.forEach((bound, index) => ms <= bound && histogram.counts[index]!++);
    histogram.sumMs += ms;
    histogram.total++;
    this.durations.set(route, histogram);
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
    const name = 'countersign_http_request_duration_seconds';
    const lines = [...this.durations].flatMap(([route, { counts, sumMs, total }]) => [
      ...BUCKETS_MS.map((bound, index) => `${series(`${name}_bucket`, { route, le: bound / 1000 })} ${counts[index]}`),
      `${series(`${name}_bucket`, { route, le: '+Inf' })} ${total}`,
      `${series(`${name}_sum`, { route })} ${sumMs / 1000}`,
      `${series(`${name}_count`, { route })} ${total}`,
    ]);
    return [`# TYPE ${name} histogram`, ...lines];
  }
}

function series(name: string, labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${label(String(value))}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}
