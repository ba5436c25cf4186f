package io.darex.bench.encoder;

import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Whether a device computes what the processor does: {@link TorchEncoder} there against {@link
 * DirectEncoder}, on random texts. A step on the device is compared with that of the optimiser on
 * the processor, given the same gradients.
 */
public final class SelfTest {
  /** How many training steps are taken. */
  public static final int STEPS = 20;

  /** Steps before the clock starts: the first ones load kernels. */
  private static final int WARM_UP = 3;

  private static final int PASSES = 10;

  /**
   * What came out. Errors are distances over all elements, relative to the length of what the
   * processor has, or for weights to the way that they have gone.
   *
   * @param device what was tested
   * @param card its name, compute capability and memory, with the versions of CUDA and cuDNN
   * @param texts of a batch
   * @param tokens of a text
   * @param logits error of the scores
   * @param logitsInBf16 likewise in bfloat16
   * @param gradients error of all gradients, with dropout
   * @param adamRStep error of one step of AdamR
   * @param weightsAfterSteps error after {@link #STEPS} steps, where roundings have added up
   * @param passed whether all errors are within their bounds
   * @param tokensPerSecond of passes and training steps, by what computed them
   */
  public record Report(
      String device,
      String card,
      int texts,
      int tokens,
      double logits,
      double logitsInBf16,
      double gradients,
      double adamRStep,
      double weightsAfterSteps,
      boolean passed,
      SortedMap<String, Double> tokensPerSecond) {}

  private final Device device;
  private final EncoderConfig config;
  private final Checkpoint checkpoint;
  private final Batch batch;
  private final int[] labels;
  private final SortedMap<String, Double> speed = new TreeMap<>();

  /**
   * A test of one encoder on one kind of batch.
   *
   * @param config with two labels or more
   * @param texts of the batch
   * @param tokens of each text
   */
  public SelfTest(
      Device device, EncoderConfig config, Checkpoint checkpoint, int texts, int tokens) {
    this.device = device;
    this.config = config;
    this.checkpoint = checkpoint;
    Random random = new Random(1);
    int[] ids = random.ints((long) texts * tokens, 0, config.vocabSize()).toArray();
    int[] mask = new int[ids.length];
    Arrays.fill(mask, 1);
    batch = new Batch(texts, tokens, ids, new int[ids.length], mask);
    labels = random.ints(texts, 0, config.classes()).toArray();
  }

  /**
   * Computes everything, in about a minute for a small encoder.
   *
   * @throws io.darex.bench.console.BadInputException if the device cannot be had
   */
  public Report run() {
    try (Encoder there = open(Precision.F32);
        Encoder half = open(Precision.BF16);
        Encoder here = new DirectEncoder(config, checkpoint, 0)) {
      double[] expected = flat(here.logits(batch));
      double logits = relative(flat(there.logits(batch)), expected, expected);
      double rough = relative(flat(half.logits(batch)), expected, expected);
      double[] exact = flat(here.gradients(batch, labels, 0).byName());
      Map<String, INDArray> gradients = copies(there.gradients(batch, labels, 0).byName());
      double gradient = relative(flat(gradients), exact, exact);

      double[] start = values(here);
      SortedMap<String, INDArray> host = copies(here.parameters());
      new AdamROptimizer(adamR(), host, anchor()).step(gradients);
      AdamROptimizer optimizer = there.optimizer(adamR(), anchor());
      step(there, optimizer, 0);
      double step = relative(values(there), flat(host), difference(flat(host), start));

      timedSteps("device, training", there, optimizer, 1);
      timedSteps("processor, training", here, here.optimizer(adamR(), anchor()), 0);
      double[] end = values(here);
      double weights = relative(values(there), end, difference(end, start));
      timedPasses("device, f32", there);
      timedPasses("device, bf16", half);
      timedPasses("processor, f32", here);
      boolean passed =
          logits < 1e-3 && rough < 0.1 && gradient < 1e-3 && step < 1e-3 && weights < 0.1;
      return new Report(
          device.word(),
          Torch.described(device),
          batch.rows(),
          batch.columns(),
          logits,
          rough,
          gradient,
          step,
          weights,
          passed,
          speed);
    }
  }

  private Encoder open(Precision precision) {
    return Encoders.open(new EngineChoice(Engine.TORCH, device, precision), config, checkpoint, 0);
  }

  private static AdamR adamR() {
    return AdamR.builder().learningRate(1e-4).lambda(0.1).maxGradientNorm(1).build();
  }

  private Anchor anchor() {
    return Anchor.start(name -> !config.family().isHead(name));
  }

  private void step(Encoder encoder, AdamROptimizer optimizer, int seed) {
    Gradients gradients = encoder.gradients(batch, labels, seed);
    if (optimizer.hasGradients()) {
      optimizer.step();
    } else {
      optimizer.step(gradients.byName());
    }
  }

  private void timedSteps(String name, Encoder encoder, AdamROptimizer optimizer, int from) {
    long begun = 0;
    for (int step = from; step < STEPS; step++) {
      if (step == WARM_UP) {
        begun = System.nanoTime();
      }
      step(encoder, optimizer, step);
    }
    speed.put(name, rate(STEPS - WARM_UP, begun));
  }

  private void timedPasses(String name, Encoder encoder) {
    encoder.logits(batch);
    long begun = System.nanoTime();
    for (int pass = 0; pass < PASSES; pass++) {
      encoder.logits(batch);
    }
    speed.put(name, rate(PASSES, begun));
  }

  private double rate(int times, long begun) {
    double seconds = (System.nanoTime() - begun) * 1e-9;
    return (double) Math.round(times * (double) batch.rows() * batch.columns() / seconds);
  }

  private static double relative(double[] actual, double[] expected, double[] scale) {
    return Math.sqrt(
        squares(difference(actual, expected)) / Math.max(Double.MIN_NORMAL, squares(scale)));
  }

  private static double squares(double[] x) {
    return Arrays.stream(x).map(value -> value * value).sum();
  }

  private static double[] difference(double[] a, double[] b) {
    double[] difference = new double[a.length];
    Arrays.setAll(difference, i -> a[i] - b[i]);
    return difference;
  }

  private static double[] flat(float[][] rows) {
    int width = rows[0].length;
    double[] flat = new double[rows.length * width];
    Arrays.setAll(flat, i -> rows[i / width][i % width]);
    return flat;
  }

  private static double[] flat(Map<String, INDArray> arrays) {
    return arrays.values().stream()
        .flatMapToDouble(array -> Arrays.stream(array.data().asDouble()))
        .toArray();
  }

  /** The weights; nothing is handed out, which would be copied to the device again and again. */
  private static double[] values(Encoder encoder) {
    return encoder.checkpoint().tensors().values().stream()
        .flatMapToDouble(tensor -> Arrays.stream(values(tensor)))
        .toArray();
  }

  private static double[] values(Tensor tensor) {
    float[] floats = new float[Math.toIntExact(tensor.count())];
    tensor.read(0, floats, 0, floats.length);
    double[] values = new double[floats.length];
    Arrays.setAll(values, i -> floats[i]);
    return values;
  }

  private static SortedMap<String, INDArray> copies(Map<String, INDArray> arrays) {
    SortedMap<String, INDArray> copies = new TreeMap<>();
    arrays.forEach(
        (name, array) ->
            copies.put(name, Nd4j.createFromArray(array.data().asFloat()).reshape(array.shape())));
    return copies;
  }
}
