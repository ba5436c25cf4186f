package io.darex.bench.serve;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What has been done, and its text for Prometheus. Safe for many threads. */
final class Metrics {
  /** Upper bounds of the histogram's buckets, in seconds. */
  private static final double[] BOUNDS = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
  };

  final LongAdder texts = new LongAdder();
  final LongAdder batches = new LongAdder();
  final LongAdder switches = new LongAdder();
  final LongAdder evictions = new LongAdder();
  final AtomicLong residentBytes = new AtomicLong();
  final AtomicInteger queuedTexts = new AtomicInteger();

  private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();
  private final LongAdder[] buckets = new LongAdder[BOUNDS.length + 1];
  private final LongAdder nanos = new LongAdder();

  Metrics() {
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = new LongAdder();
    }
  }

  /**
   * Counts a request that was answered.
   *
   * @param route such as {@code classify}
   * @param took nanoseconds
   */
  void answered(String route, int status, long took) {
    String labels = "route=\"" + route + "\",status=\"" + status + "\"";
    requests.computeIfAbsent(labels, key -> new LongAdder()).increment();
    double seconds = took * 1e-9;
    int bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) {
      bucket++;
    }
    buckets[bucket].increment();
    nanos.add(took);
  }

  /**
   * In the text format of Prometheus.
   *
   * @param models how many are served
   * @param modelBytes what they take beside the base
   * @param baseBytes what the base takes
   */
  String text(int models, long modelBytes, long baseBytes) {
    StringBuilder out = new StringBuilder();
    head(out, "darex_requests_total", "counter", "Requests that were answered.");
    requests.forEach(
        (labels, count) ->
            out.append("darex_requests_total{")
                .append(labels)
                .append("} ")
                .append(count)
                .append('\n'));
    head(out, "darex_request_seconds", "histogram", "From request to answer.");
    long sum = 0;
    for (int i = 0; i < buckets.length; i++) {
      sum += buckets[i].sum();
      String bound = i < BOUNDS.length ? String.valueOf(BOUNDS[i]) : "+Inf";
      out.append("darex_request_seconds_bucket{le=\"")
          .append(bound)
          .append("\"} ")
          .append(sum)
          .append('\n');
    }
    out.append(String.format(Locale.ROOT, "darex_request_seconds_sum %.6f%n", nanos.sum() * 1e-9));
    out.append("darex_request_seconds_count ").append(sum).append('\n');
    value(out, "darex_texts_total", "counter", "Texts that were computed.", texts.sum());
    value(out, "darex_batches_total", "counter", "Passes that they took.", batches.sum());
    value(out, "darex_switches_total", "counter", "Deltas merged into a copy.", switches.sum());
    value(out, "darex_evictions_total", "counter", "Copies that made room.", evictions.sum());
    value(out, "darex_queued_texts", "gauge", "Texts that wait.", queuedTexts.get());
    value(out, "darex_models", "gauge", "Models that are served.", models);
    value(out, "darex_model_bytes", "gauge", "Memory of deltas beside the base.", modelBytes);
    value(out, "darex_resident_bytes", "gauge", "Memory of copies.", residentBytes.get());
    value(out, "darex_base_bytes", "gauge", "Memory of the base's weights.", baseBytes);
    return out.toString();
  }

  private static void value(StringBuilder out, String name, String type, String help, long value) {
    head(out, name, type, help);
    out.append(name).append(' ').append(value).append('\n');
  }

  private static void head(StringBuilder out, String name, String type, String help) {
    out.append("# HELP ").append(name).append(' ').append(help).append('\n');
    out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
