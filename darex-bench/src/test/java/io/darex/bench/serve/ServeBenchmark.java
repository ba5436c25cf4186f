package io.darex.bench.serve;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.LoadedEncoder;
import io.darex.bench.encoder.Pretrained;
import io.darex.bench.pipeline.UsableModel;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Task;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.delta.ApplyJob;
import io.darex.prune.delta.PruneJob;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.apache.commons.io.FileUtils;

/**
 * Twenty fine-tunes of one base in one process, next to one dense model and to loading: {@code mvn
 * -q -pl darex-bench -am -DskipTests -Pbenchmark verify
 * -Dbenchmark=io.darex.bench.serve.ServeBenchmark}.
 *
 * <p>The fine-tune is made up: minilm-l6 with noise on every weight and a new head; with the
 * arguments BASE TUNED it is a real one. Its signs are served under twenty names, each with memory
 * of its own. All runs take turns in {@code -Drounds=N} rounds of {@code -Dseconds=N} each; printed
 * are medians.
 */
public final class ServeBenchmark {
  private static final int MODELS = 20;
  private static final int ROUNDS = Integer.getInteger("rounds", 15);
  private static final int MILLIS = 1000 * Integer.getInteger("seconds", 2);
  private static final int CLIENTS = Integer.getInteger("clients", 16);
  private static final double[] KEPT = {0.002, 0.01, 0.05};

  private final Path folder = Files.createTempDirectory("darex-serve");
  private final String base;
  private final Path tuned;
  private final List<Text> texts;

  private ServeBenchmark(String[] arguments) throws IOException {
    base = arguments.length == 2 ? arguments[0] : "minilm-l6";
    tuned = arguments.length == 2 ? Path.of(arguments[1]) : madeUp();
    texts =
        Task.named("agreement").load(new DataFolder(Optional.empty(), s -> {}), 0).dev().stream()
            .map(example -> Text.of(example.text()))
            .toList();
  }

  private Path madeUp() throws IOException {
    Pretrained pretrained = Pretrained.of(base);
    EncoderConfig config = pretrained.config().withLabels(List.of("no", "yes"));
    SplittableRandom random = new SplittableRandom(1);
    List<Tensor> tensors = new ArrayList<>();
    try (Encoder encoder = new DirectEncoder(config, pretrained.checkpoint(), 0)) {
      for (Tensor tensor : encoder.checkpoint().tensors().values()) {
        float[] values = new float[(int) tensor.count()];
        tensor.read(0, values, 0, values.length);
        for (int i = 0; i < values.length; i++) {
          values[i] += (float) (1e-3 * random.nextGaussian());
        }
        tensors.add(new FloatTensor(tensor.name(), tensor.shape(), values));
      }
    }
    Path made = folder.resolve("tuned");
    HuggingFaceFolder.write(
        made,
        InMemoryCheckpoint.of(tensors, Optional.of(config.toJson())),
        pretrained.tokenizer().contents(),
        true);
    return made;
  }

  private Path basePath() throws IOException {
    if (!Pretrained.isBuiltIn(base)) {
      return Path.of(base);
    }
    Path made = folder.resolve("base");
    if (!Files.exists(made)) {
      Pretrained pretrained = Pretrained.of(base);
      HuggingFaceFolder.write(
          made, pretrained.checkpoint(), pretrained.tokenizer().contents(), true);
    }
    return made;
  }

  private Path prune(Path from, Path to, double kept, String name) throws IOException {
    Path delta = folder.resolve(name);
    Recipe recipe =
        Recipe.of(
            Map.of(
                "mask",
                "magnitude",
                "dropRate",
                1 - kept,
                "values",
                "sign",
                "rescale",
                "dot-match"));
    PruneJob.open(from, to, recipe).run(delta, WriteOptions.defaults());
    return delta;
  }

  /** Resident memory of the process in MB, after a collection. */
  private static double residentMb() throws IOException {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D+", "")) / 1e3)
        .findFirst()
        .orElse(Double.NaN);
  }

  private void measure() throws Exception {
    Path from = basePath();
    Path delta = prune(from, tuned, 0.01, "d0.01.safetensors");
    Path applied = folder.resolve("applied");
    ApplyJob.open(from, delta).run(applied, WriteOptions.defaults());
    Path nothing = prune(applied, tuned, 1e-4, "nothing.safetensors");

    ServeOptions options = ServeOptions.defaults().withWay(Way.UNMERGED);
    Models dense = Models.open(applied.toString(), options);
    dense.add("m0", nothing);
    List<ServeLoad> runs = new ArrayList<>();
    runs.add(new ServeLoad("one dense model", dense, () -> 0));
    runs.get(0).round(texts, CLIENTS, MILLIS);
    double rssOfOne = residentMb();
    System.out.printf(Locale.ROOT, "%nprocess with one dense model: %.0f MB%n", rssOfOne);

    System.out.printf("%n| kept | memory of 20 deltas, MB | ÷ base | process grows by, MB |%n");
    System.out.printf("| --- | --- | --- | --- |%n");
    for (double kept : KEPT) {
      Path file = kept == 0.01 ? delta : prune(from, tuned, kept, "d" + kept + ".safetensors");
      Models many = Models.open(from.toString(), options);
      many.add("warm", file);
      many.classify("warm", texts.subList(0, 64));
      many.remove("warm");
      double before = residentMb();
      for (int i = 0; i < MODELS; i++) {
        many.add("m" + i, file);
      }
      double grown = residentMb() - before;
      double bytes = many.list().stream().mapToLong(Served::bytes).sum() / 1e6;
      double whole = 4e-6 * elements(applied);
      System.out.printf(
          Locale.ROOT, "| %s | %.1f | %.2f | %.0f |%n", kept, bytes, bytes / whole, grown);
      runs.add(
          new ServeLoad("unmerged " + kept + ", round robin", many, ServeLoad.roundRobin(MODELS)));
      runs.add(new ServeLoad("unmerged " + kept + ", Zipf", many, ServeLoad.zipf(MODELS)));
    }
    ServeOptions four =
        options
            .withWay(Way.RESIDENT)
            .withResidentBytes(4L * 6 * 4 * (4 * 384 * 384 + 8 * 384 * 384));
    Models resident = Models.open(from.toString(), four);
    for (int i = 0; i < MODELS; i++) {
      resident.add("m" + i, delta);
    }
    runs.add(
        new ServeLoad("resident, 4 copies, round robin", resident, ServeLoad.roundRobin(MODELS)));
    runs.add(new ServeLoad("resident, 4 copies, Zipf", resident, ServeLoad.zipf(MODELS)));
    for (int round = -1; round < ROUNDS; round++) {
      for (ServeLoad run : runs) {
        if (round == 0) {
          run.forget();
        }
        run.round(texts, CLIENTS, MILLIS);
      }
    }
    double one = ServeLoad.median(runs.get(0).perSecond);
    System.out.printf(
        "%n%d clients, a text each at a time%n| way | texts a second | ÷ one dense | p50, ms | p99,"
            + " ms |%n| --- | --- | --- | --- | --- |%n",
        CLIENTS);
    for (ServeLoad run : runs) {
      System.out.printf(
          Locale.ROOT,
          "| %s | %.0f | %.2f | %.1f | %.1f |%n",
          run.name,
          ServeLoad.median(run.perSecond),
          ServeLoad.median(run.perSecond) / one,
          ServeLoad.median(run.half),
          ServeLoad.median(run.most));
    }
    reloading(from, delta, one);
    forward(from);
    putToFirstAnswer(from, delta);
    dense.close();
    runs.stream().map(run -> run.models).distinct().forEach(Models::close);
  }

  private static long elements(Path checkpoint) throws IOException {
    return HuggingFaceFolder.open(checkpoint).tensors().values().stream()
        .mapToLong(Tensor::count)
        .sum();
  }

  /** One encoder, into which each text's model is loaded first. */
  private void reloading(Path from, Path delta, double one) throws IOException {
    Pretrained pretrained = Pretrained.of(from.toString());
    UsableModel used = UsableModel.open(from.toString(), Optional.of(delta), s -> {});
    int longest = used.longest(null);
    try (Tokenizer tokenizer = used.tokenizer(longest);
        LoadedEncoder loaded =
            new LoadedEncoder(new DirectEncoder(used.config(), used.weights(), 0))) {
      int done = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < MILLIS * 1_000_000L) {
        Checkpoint next = used.sparse().orElseThrow().applyTo(pretrained.checkpoint());
        Batch batch = Batch.of(List.of(tokenizer.encode(texts.get(done % texts.size()).first())));
        loaded.with(next).logits(batch);
        done++;
      }
      double perSecond = done / ((System.nanoTime() - start) * 1e-9);
      System.out.printf(
          Locale.ROOT, "| loading, round robin | %.1f | %.3f | | |%n", perSecond, perSecond / one);
    }
  }

  /** A pass of 32 texts of 20 tokens, base and fine-tunes taking turns. */
  private void forward(Path from) throws IOException {
    Pretrained pretrained = Pretrained.of(from.toString());
    SplittableRandom random = new SplittableRandom(1);
    List<EncodedText> list = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      list.add(new EncodedText(random.ints(20, 1000, 30000).toArray(), new int[20]));
    }
    Batch batch = Batch.of(list);
    System.out.printf(
        "%n| kept | base, ms | one fine-tune ÷ base | 20 fine-tunes ÷ base |%n"
            + "| --- | --- | --- | --- |%n");
    for (double kept : KEPT) {
      UsableModel used =
          UsableModel.open(
              from.toString(), Optional.of(folder.resolve("d" + kept + ".safetensors")), s -> {});
      try (DirectEncoder encoder =
          new DirectEncoder(
              pretrained.config().withLabels(List.of("a", "b")), pretrained.checkpoint(), 0)) {
        List<BesideDelta> deltas = new ArrayList<>();
        for (int i = 0; i < MODELS; i++) {
          deltas.add(encoder.beside(used.sparse().orElseThrow(), used.config()));
        }
        List<BesideDelta> same = Collections.nCopies(32, deltas.get(0));
        List<BesideDelta> mixed = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
          mixed.add(deltas.get(i * MODELS / 32));
        }
        List<Double> plain = new ArrayList<>();
        List<Double> one = new ArrayList<>();
        List<Double> many = new ArrayList<>();
        for (int round = -20; round < 10 * ROUNDS; round++) {
          double a = time(() -> encoder.logits(batch));
          double b = time(() -> encoder.logits(batch, same));
          double c = time(() -> encoder.logits(batch, mixed));
          if (round >= 0) {
            plain.add(a);
            one.add(b);
            many.add(c);
          }
        }
        System.out.printf(
            Locale.ROOT,
            "| %s | %.2f | %.2f | %.2f |%n",
            kept,
            ServeLoad.median(plain),
            ServeLoad.median(one) / ServeLoad.median(plain),
            ServeLoad.median(many) / ServeLoad.median(plain));
      }
    }
  }

  private static double time(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) * 1e-6;
  }

  private void putToFirstAnswer(Path from, Path delta) throws Exception {
    Path served = Files.createDirectories(folder.resolve("served"));
    Files.copy(delta, served.resolve("d.safetensors"));
    Models models = Models.open(from.toString(), ServeOptions.defaults());
    try (ModelServer server = ModelServer.start(models, ServerOptions.of(served))) {
      HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      String url = "http://127.0.0.1:" + server.address().getPort() + "/v1/models/";
      List<Double> took = new ArrayList<>();
      for (int i = 0; i < 2 * MODELS; i++) {
        long start = System.nanoTime();
        send(client, "PUT", url + "m" + i, "{\"file\": \"d.safetensors\"}");
        send(client, "POST", url + "m" + i + ":classify", "{\"texts\": [\"He read it.\"]}");
        took.add((System.nanoTime() - start) * 1e-6);
      }
      System.out.printf(
          Locale.ROOT,
          "%nPUT to first answer, 1 %% kept, %d times: median %.1f ms, first %.1f ms, longest %.1f"
              + " ms%n",
          took.size(),
          ServeLoad.median(took),
          took.get(0),
          Collections.max(took));
    }
  }

  private static void send(HttpClient client, String method, String url, String body)
      throws Exception {
    int status =
        client
            .send(
                HttpRequest.newBuilder(URI.create(url))
                    .method(method, BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.discarding())
            .statusCode();
    if (status / 100 != 2) {
      throw new IllegalStateException(method + " " + url + ": status " + status);
    }
  }

  /** Measures; see above. */
  public static void main(String[] arguments) throws Exception {
    ServeBenchmark benchmark = new ServeBenchmark(arguments);
    try {
      benchmark.measure();
    } finally {
      FileUtils.deleteDirectory(benchmark.folder.toFile());
    }
  }
}
