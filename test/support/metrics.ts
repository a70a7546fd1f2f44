import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

/** A metric reader that collects only if the test calls it. */
export class Reader extends MetricReader {
  /** A provider that this reader reads. */
  readonly provider = new MeterProvider({ readers: [this] });

  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override onShutdown = () => Promise.resolve();
  protected override onForceFlush = () => Promise.resolve();

  /** Returns all metrics. */
  async metrics(): Promise<(MetricData & { scope: string })[]> {
    const { resourceMetrics } = await this.collect();
    return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map((metric) => ({ ...metric, scope: scope.name })),
    );
  }

  /** Returns a metric by its name. */
  async metric(name: string): Promise<(MetricData & { scope: string }) | undefined> {
    return (await this.metrics()).find(({ descriptor }) => descriptor.name === name);
  }

  /** Returns the points of a metric: the attributes without their prefix, and the value; the number of values of a histogram. */
  async points(name: string): Promise<[Attributes, number][]> {
    const metric = await this.metric(name);
    return (metric?.dataPoints ?? []).map(({ attributes, value }) => [
      short(attributes),
      metric?.dataPointType === DataPointType.HISTOGRAM ? (value as Histogram).count : (value as number),
    ]);
  }
}

function short(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name.replace('nestjs_http_auth.', ''), value]),
  );
}
