package io.darex.bench.serve;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Full load on a server that runs: {@code ServeSoak URL PID FILE SECONDS}. Sixteen clients ask
 * twenty models, all of the delta FILE in the server's folder, one of which is taken out and put in
 * all the time. Every ten seconds it prints the answers by status and the memory of the process;
 * src/study/serve-soak.sh starts both.
 */
public final class ServeSoak {
  private static final int CLIENTS = 16;
  private static final int MODELS = 20;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String models;
  private final String file;
  private final long end;
  private final Map<Integer, LongAdder> statuses = new ConcurrentSkipListMap<>();

  private ServeSoak(String url, String file, long seconds) {
    models = url + "/v1/models/";
    this.file = "{\"file\": \"" + file + "\"}";
    end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private void send(String method, String path, String body) {
    int status;
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(models + path))
              .method(method, BodyPublishers.ofString(body))
              .build();
      status = client.send(request, BodyHandlers.discarding()).statusCode();
    } catch (Exception e) {
      status = 0; // no answer at all
    }
    statuses.computeIfAbsent(status, key -> new LongAdder()).increment();
  }

  private void ask(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    while (System.nanoTime() < end) {
      String text = "\"" + "He read the book. ".repeat(1 + random.nextInt(5)) + "\"";
      send(
          "POST",
          "m" + random.nextInt(MODELS) + ":classify",
          "{\"texts\": [" + text + (random.nextInt(4) == 0 ? ", " + text : "") + "]}");
    }
  }

  private void change() {
    while (System.nanoTime() < end) {
      send("DELETE", "m" + MODELS, "");
      send("PUT", "m" + MODELS, file);
    }
  }

  private void run(String pid) throws Exception {
    for (int i = 0; i <= MODELS; i++) {
      send("PUT", "m" + i, file);
    }
    ExecutorService pool = Executors.newCachedThreadPool();
    for (int i = 0; i < CLIENTS; i++) {
      int seed = i;
      pool.execute(() -> ask(seed));
    }
    pool.execute(this::change);
    pool.shutdown();
    long start = System.nanoTime();
    System.out.println("seconds\tRSS, MB\tanswers by status, 0 for none");
    for (boolean done = false; !done; ) {
      done = pool.awaitTermination(10, TimeUnit.SECONDS);
      String memory =
          Files.readAllLines(Path.of("/proc", pid, "status")).stream()
              .filter(line -> line.startsWith("VmRSS:"))
              .map(line -> line.replaceAll("\\D+", ""))
              .findFirst()
              .orElseThrow();
      System.out.printf(
          Locale.ROOT,
          "%.0f\t%.0f\t%s%n",
          (System.nanoTime() - start) * 1e-9,
          Long.parseLong(memory) / 1e3,
          statuses);
    }
  }

  /** Loads the server. */
  public static void main(String[] arguments) throws Exception {
    new ServeSoak(arguments[0], arguments[2], Long.parseLong(arguments[3])).run(arguments[1]);
  }
}
