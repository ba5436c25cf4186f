package io.darex.bench.encoder;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.darex.bench.tokenizer.EncodedText;
import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Inference and training of minilm-l6 beside ONNX Runtime and the sgemm peak, interleaved in one
 * run: {@code mvn -q -pl darex-bench -am -DskipTests -Pbenchmark verify}. With {@code
 * -Pbenchmark,bert-base -Dencoder=bert-base-uncased -Dtorch=PYTHON} it is BERT-base beside PyTorch
 * and transformers, which that Python must have. In a build with {@code -Ptorch} {@link
 * TorchEncoder} runs too.
 *
 * <p>Per batch shape everything runs once after another, in several rounds; printed are the ratios
 * of the quickest runs, since whatever else the machine does only ever adds time. The peak is that
 * of a product of squares through ND4J. {@code -Drounds=N} sets the rounds.
 *
 * <p>GFLOP/s counts the operations of all layers at all tokens. Logits and gradients leave out most
 * of the last layer, a seventh of the work at six layers: what the processor really computes is
 * that much less.
 */
public final class EncoderBenchmark {
  private static final int ROUNDS = Integer.getInteger("rounds", 15);
  private static final int PEAK = 1024;

  private static final String ENCODER = System.getProperty("encoder", BuiltInEncoders.DEFAULT);

  private final Pretrained pretrained = BuiltInEncoders.read(ENCODER);
  private final EncoderConfig config = pretrained.config().withLabels(List.of("no", "yes"));
  private final Encoder direct = new DirectEncoder(config, pretrained.checkpoint(), 0);
  private final AdamROptimizer optimizer =
      new AdamROptimizer(AdamR.builder().build(), direct.parameters(), Anchor.start(name -> true));
  private final INDArray left = Nd4j.rand(PEAK, PEAK);
  private final INDArray right = Nd4j.rand(PEAK, PEAK);
  private final INDArray product = Nd4j.zeros(PEAK, PEAK).dup('f');
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();

  /** What is measured beside it, by name. */
  private final Map<String, Peer> peers = new LinkedHashMap<>();

  private EncoderBenchmark() throws IOException, OrtException {
    if (ENCODER.equals(BuiltInEncoders.DEFAULT)) {
      OrtSession onnx;
      try (InputStream file = BuiltInEncoders.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
        onnx = environment.createSession(file.readAllBytes());
      }
      Encoder sameDiff = new SameDiffEncoder(config, pretrained.checkpoint(), 0);
      peers.put("onnx hidden", batch -> runOnnx(onnx, batch));
      peers.put("samediff hidden", sameDiff::lastHidden);
      peers.put("samediff logits", sameDiff::logits);
      peers.put("samediff gradients", batch -> sameDiff.gradients(batch, new int[batch.rows()], 1));
    }
    if (Engine.TORCH.missing().isEmpty()) {
      Encoder torch =
          Encoders.open(EngineChoice.of(Engine.TORCH), config, pretrained.checkpoint(), 0);
      peers.put("torch-engine hidden", torch::lastHidden);
      peers.put("torch-engine logits", torch::logits);
      peers.put(
          "torch-engine gradients", batch -> torch.gradients(batch, new int[batch.rows()], 1));
    }
    String python = System.getProperty("torch");
    if (python != null) {
      PythonTorch torch = new PythonTorch(python, config.toJson());
      for (String work : List.of("logits", "gradients", "step")) {
        peers.put("torch " + work, batch -> torch.run(work, batch));
      }
    }
  }

  private interface Peer {
    void run(Batch batch) throws IOException, OrtException;
  }

  /** PyTorch in a process of its own, which rests while others work. */
  private static final class PythonTorch {
    private final BufferedWriter ask;
    private final BufferedReader answer;

    PythonTorch(String python, String architecture) throws IOException {
      Process process =
          new ProcessBuilder(python, "-I", "src/study/torch_speed.py", architecture)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      ask = process.outputWriter(StandardCharsets.UTF_8);
      answer = process.inputReader(StandardCharsets.UTF_8);
    }

    void run(String work, Batch batch) throws IOException {
      StringJoiner lengths = new StringJoiner(",");
      for (int row = 0; row < batch.rows(); row++) {
        int start = row * batch.columns();
        lengths.add(
            String.valueOf(Arrays.stream(batch.mask(), start, start + batch.columns()).sum()));
      }
      ask.write(work + " " + lengths);
      ask.newLine();
      ask.flush();
      if (answer.readLine() == null) {
        throw new IOException("expected an answer of PyTorch, got the end of its process");
      }
    }
  }

  /** A batch of texts of {@code shortest} to {@code longest} tokens. */
  private static Batch batch(int texts, int shortest, int longest) {
    Random random = new Random(1);
    List<EncodedText> list = new ArrayList<>();
    for (int i = 0; i < texts; i++) {
      int length = i == 0 ? longest : shortest + random.nextInt(longest - shortest + 1);
      list.add(new EncodedText(random.ints(length, 1000, 30000).toArray(), new int[length]));
    }
    return Batch.of(list);
  }

  private interface Work {
    void run() throws IOException, OrtException;
  }

  private void measure(String title, Batch batch) throws IOException, OrtException {
    long tokens = Arrays.stream(batch.mask()).sum();
    int[] labels = new int[batch.rows()];
    Map<String, Work> works = new LinkedHashMap<>();
    works.put("peak", () -> Nd4j.gemm(left, right, product, false, false, 1, 0));
    works.put("hidden", () -> direct.lastHidden(batch));
    works.put("logits", () -> direct.logits(batch));
    works.put("gradients", () -> direct.gradients(batch, labels, 1));
    works.put("step", () -> optimizer.step(direct.gradients(batch, labels, 1).byName()));
    peers.forEach((name, peer) -> works.put(name, () -> peer.run(batch)));
    Map<String, double[]> seconds = new LinkedHashMap<>();
    for (int round = -2; round < ROUNDS; round++) {
      for (Map.Entry<String, Work> work : works.entrySet()) {
        long start = System.nanoTime();
        work.getValue().run();
        double took = (System.nanoTime() - start) * 1e-9;
        if (round >= 0) {
          seconds.computeIfAbsent(work.getKey(), k -> new double[ROUNDS])[round] = took;
        }
      }
    }
    double peak = 2e-9 * PEAK * PEAK * PEAK / quickest(seconds.get("peak"));
    System.out.printf(
        Locale.ROOT, "%n%s: %d tokens, sgemm peak %.0f GFLOP/s%n", title, tokens, peak);
    double forward = 1e-9 * forward(batch);
    seconds.forEach(
        (name, all) -> {
          if (!name.equals("peak")) {
            double time = quickest(all);
            double work =
                name.endsWith("gradients") || name.endsWith("step") ? 3 * forward : forward;
            System.out.printf(
                Locale.ROOT,
                "  %-20s %7.1f ms %8.0f tokens/s %4.0f GFLOP/s = %3.0f %% of peak%s%n",
                name,
                1e3 * time,
                tokens / time,
                work / time,
                100 * work / time / peak,
                ratios(name, seconds));
          }
        });
  }

  /** How many times faster than each peer at the same work. */
  private static String ratios(String name, Map<String, double[]> seconds) {
    StringBuilder text = new StringBuilder();
    seconds.forEach(
        (peer, all) -> {
          if (peer.endsWith(" " + name)) {
            double ratio = quickest(all) / quickest(seconds.get(name));
            text.append(String.format(Locale.ROOT, ", %.2f times %s", ratio, peer));
          }
        });
    return text.toString();
  }

  /** Operations of the products of a whole forward pass over the real tokens. */
  private double forward(Batch batch) {
    double hidden = config.hiddenSize();
    double sum = 0;
    for (int row = 0; row < batch.rows(); row++) {
      int start = row * batch.columns();
      double length = Arrays.stream(batch.mask(), start, start + batch.columns()).sum();
      double token = 4 * hidden * hidden + 2 * hidden * config.intermediateSize();
      sum += config.layers() * 2 * length * (token + 2 * length * hidden);
    }
    return sum;
  }

  private void runOnnx(OrtSession onnx, Batch batch) throws OrtException {
    try (OnnxTensor ids = tensor(batch, batch.ids());
        OnnxTensor mask = tensor(batch, batch.mask());
        OnnxTensor types = tensor(batch, batch.types());
        OrtSession.Result result =
            onnx.run(Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
      if (result.size() == 0) {
        throw new IllegalStateException("ONNX Runtime computed nothing");
      }
    }
  }

  private OnnxTensor tensor(Batch batch, int[] flat) throws OrtException {
    long[][] rows = new long[batch.rows()][batch.columns()];
    for (int i = 0; i < flat.length; i++) {
      rows[i / batch.columns()][i % batch.columns()] = flat[i];
    }
    return OnnxTensor.createTensor(environment, rows);
  }

  private static double quickest(double[] values) {
    return Arrays.stream(values).min().orElseThrow();
  }

  /** Measures all shapes. */
  public static void main(String[] arguments) throws IOException, OrtException {
    EncoderBenchmark benchmark = new EncoderBenchmark();
    benchmark.measure("16 texts of 8 to 16", batch(16, 8, 16));
    benchmark.measure("64 texts of 8 to 16", batch(64, 8, 16));
    benchmark.measure("32 texts of 8 to 32", batch(32, 8, 32));
    benchmark.measure("16 texts of 64", batch(16, 64, 64));
    benchmark.measure("16 texts of 128", batch(16, 128, 128));
    Path status = Path.of("/proc/self/status");
    if (Files.exists(status)) {
      Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM"))
          .forEach(System.out::println);
    }
  }
}
