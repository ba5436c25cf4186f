package io.darex.bench.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/** Models that are asked by many clients at once, in a mix of their own, and what that took. */
final class ServeLoad {
  final String name;
  final Models models;
  final IntSupplier choice;
  final List<Double> perSecond = new ArrayList<>();
  final List<Double> half = new ArrayList<>();
  final List<Double> most = new ArrayList<>();

  ServeLoad(String name, Models models, IntSupplier choice) {
    this.name = name;
    this.models = models;
    this.choice = choice;
  }

  void round(List<Text> texts, int clients, long millis) throws Exception {
    long end = System.nanoTime() + millis * 1_000_000L;
    ExecutorService pool = Executors.newFixedThreadPool(clients);
    List<Future<List<Double>>> all = new ArrayList<>();
    for (int client = 0; client < clients; client++) {
      int first = client;
      all.add(
          pool.submit(
              () -> {
                List<Double> took = new ArrayList<>();
                for (int i = first; System.nanoTime() < end; i += clients) {
                  String model = "m" + choice.getAsInt();
                  long start = System.nanoTime();
                  models.classify(model, List.of(texts.get(i % texts.size())));
                  took.add((System.nanoTime() - start) * 1e-6);
                }
                return took;
              }));
    }
    List<Double> took = new ArrayList<>();
    for (Future<List<Double>> each : all) {
      took.addAll(each.get());
    }
    pool.shutdown();
    Collections.sort(took);
    perSecond.add(took.size() * 1000.0 / millis);
    half.add(took.get(took.size() / 2));
    most.add(took.get(took.size() * 99 / 100));
  }

  /** What was measured so far was warming up. */
  void forget() {
    perSecond.clear();
    half.clear();
    most.clear();
  }

  static IntSupplier roundRobin(int models) {
    AtomicInteger next = new AtomicInteger();
    return () -> Math.floorMod(next.getAndIncrement(), models);
  }

  /** The model of rank k is asked in proportion to 1/k. */
  static IntSupplier zipf(int models) {
    double[] sums = IntStream.rangeClosed(1, models).mapToDouble(k -> 1.0 / k).toArray();
    Arrays.parallelPrefix(sums, Double::sum);
    return () -> {
      double at = ThreadLocalRandom.current().nextDouble() * sums[models - 1];
      int found = Arrays.binarySearch(sums, at);
      return found >= 0 ? found : -found - 1;
    };
  }

  static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
