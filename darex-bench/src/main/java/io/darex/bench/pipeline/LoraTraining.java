package io.darex.bench.pipeline;

import io.darex.bench.config.LoraConfig;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Encoder;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.prune.Checkpoint;
import io.darex.prune.Names;
import io.darex.prune.Parallel;
import io.darex.prune.Tensor;
import io.darex.prune.folder.PeftAdapter;
import io.darex.prune.folder.PeftConfig;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.LowRankTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The factors of W = W₀ + s·B·A in some linear layers, and the head (docs/METHOD.md §7). The
 * encoder knows nothing of factors: after each step W is written into it, and its gradient dW gives
 * dA = s·Bᵀ·dW and dB = s·dW·Aᵀ. A starts uniform in ±1/√in as PEFT's does, B at zero.
 */
final class LoraTraining implements Trainable {
  private static final String WEIGHT = ".weight";

  private final LoraConfig config;
  private final Encoder encoder;
  private final String baseName;
  private final PeftConfig peft;
  private final double scale;
  private final List<Module> modules = new ArrayList<>();
  private final SortedMap<String, INDArray> factors = new TreeMap<>();
  private final SortedMap<String, INDArray> saved = new TreeMap<>();
  private final long weights;

  /**
   * @param encoder holding the pre-trained weights and a new head
   * @param base the pre-trained checkpoint; what it lacks is trained and saved whole, like the head
   * @param baseName what the adapter is to call it
   * @param seed of A
   * @throws BadInputException if a target is no linear layer of the encoder
   */
  LoraTraining(LoraConfig config, Encoder encoder, Checkpoint base, String baseName, long seed) {
    this.config = config;
    this.encoder = encoder;
    this.baseName = baseName;
    Map<String, INDArray> parameters = encoder.parameters();
    Names names = new Names(parameters.keySet(), base.tensors().keySet());
    long frozenAndAdapted = 0;
    TreeSet<String> savedModules = new TreeSet<>();
    for (Map.Entry<String, INDArray> parameter : parameters.entrySet()) {
      String name = parameter.getKey();
      boolean head = encoder.config().family().isHead(name);
      frozenAndAdapted += head ? 0 : parameter.getValue().length();
      if (head || names.candidates(name).isEmpty()) {
        saved.put(name, parameter.getValue());
        savedModules.add(name.substring(0, head ? name.indexOf('.') : name.lastIndexOf('.')));
      }
    }
    this.weights = frozenAndAdapted;
    this.peft =
        new PeftConfig(
            config.rank(),
            config.alpha(),
            config.rslora(),
            config.targets(),
            List.copyOf(savedModules));
    adapt(linearModules(parameters), parameters, new SplittableRandom(seed));
    this.scale = peft.scale();
  }

  /** One adapted layer; {@code weight} is the encoder's own array, {@code start} W₀. */
  private record Module(String name, INDArray weight, FloatTensor start, INDArray a, INDArray b) {}

  /** The frozen modules with a matrix and a bias: embeddings have no bias, norms no matrix. */
  private List<String> linearModules(Map<String, INDArray> parameters) {
    return parameters.keySet().stream()
        .filter(name -> name.endsWith(WEIGHT) && !saved.containsKey(name))
        .filter(name -> parameters.get(name).rank() == 2)
        .map(name -> name.substring(0, name.length() - WEIGHT.length()))
        .filter(module -> parameters.containsKey(module + ".bias"))
        .sorted()
        .toList();
  }

  private void adapt(
      List<String> linear, Map<String, INDArray> parameters, SplittableRandom random) {
    for (String target : config.targets()) {
      if (linear.stream().noneMatch(module -> isTarget(module, target))) {
        TreeSet<String> ends = new TreeSet<>();
        linear.forEach(module -> ends.add(module.substring(module.lastIndexOf('.') + 1)));
        throw new BadInputException(
            "finetune.lora.targets: expected the end of a linear layer's name, such as "
                + String.join(", ", ends)
                + ", got "
                + BadInputException.quote(target));
      }
    }
    for (String module : linear) {
      if (config.targets().stream().anyMatch(target -> isTarget(module, target))) {
        INDArray weight = parameters.get(module + WEIGHT);
        INDArray a =
            Nd4j.createFromArray(uniform(random, weight.size(1)))
                .reshape(config.rank(), weight.size(1));
        INDArray b = Nd4j.zeros(weight.dataType(), weight.size(0), config.rank());
        modules.add(new Module(module, weight, tensor(module + WEIGHT, weight), a, b));
        factors.put(PeftAdapter.key(module, 'A'), a);
        factors.put(PeftAdapter.key(module, 'B'), b);
      }
    }
  }

  private float[] uniform(SplittableRandom random, long in) {
    float[] values = new float[Math.toIntExact(config.rank() * in)];
    double bound = 1 / Math.sqrt((double) in);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return values;
  }

  private static boolean isTarget(String module, String target) {
    return module.equals(target) || module.endsWith("." + target);
  }

  private static FloatTensor tensor(String name, INDArray array) {
    return new FloatTensor(name, array.shape(), array.dup('c').data().asFloat());
  }

  @Override
  public Encoder encoder() {
    return encoder;
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new TreeMap<>(factors);
    all.putAll(saved);
    return all;
  }

  @Override
  public Map<String, INDArray> gradients(Map<String, INDArray> dense) {
    Map<String, INDArray> gradients = new HashMap<>();
    saved.keySet().forEach(name -> gradients.put(name, dense.get(name)));
    INDArray[][] chained = new INDArray[modules.size()][];
    forEachModule(
        i -> chained[i] = chain(modules.get(i), dense.get(modules.get(i).name() + WEIGHT)));
    for (int i = 0; i < chained.length; i++) {
      gradients.put(PeftAdapter.key(modules.get(i).name(), 'A'), chained[i][0]);
      gradients.put(PeftAdapter.key(modules.get(i).name(), 'B'), chained[i][1]);
    }
    return gradients;
  }

  /** dA and dB, summed in double in one order, whatever the threads. */
  private INDArray[] chain(Module module, INDArray gradient) {
    int rank = config.rank();
    float[] dw = gradient.dup('c').data().asFloat();
    float[] a = module.a().data().asFloat();
    float[] b = module.b().data().asFloat();
    int in = a.length / rank;
    int out = b.length / rank;
    double[] sums = new double[a.length];
    float[] db = new float[b.length];
    for (int i = 0; i < out; i++) {
      for (int k = 0; k < rank; k++) {
        double times = b[i * rank + k];
        double dot = 0;
        for (int j = 0; j < in; j++) {
          double d = dw[i * in + j];
          sums[k * in + j] += times * d;
          dot += d * a[k * in + j];
        }
        db[i * rank + k] = (float) (scale * dot);
      }
    }
    float[] da = new float[a.length];
    Arrays.setAll(sums, j -> scale * sums[j]);
    for (int j = 0; j < da.length; j++) {
      da[j] = (float) sums[j];
    }
    return new INDArray[] {
      Nd4j.createFromArray(da).reshape(rank, in), Nd4j.createFromArray(db).reshape(out, rank)
    };
  }

  @Override
  public void stepped() {
    float[][] merged = new float[modules.size()][];
    forEachModule(i -> merged[i] = merged(modules.get(i)));
    for (int i = 0; i < merged.length; i++) {
      INDArray weight = modules.get(i).weight();
      try (INDArray values = Nd4j.createFromArray(merged[i])) {
        weight.assign(values.reshape(weight.shape()));
      }
    }
  }

  /** W, by the code that reads adapters, so that base and adapter give it back bit for bit. */
  private float[] merged(Module module) {
    FloatTensor b = tensor("B of " + module.name(), module.b());
    FloatTensor a = tensor("A of " + module.name(), module.a());
    Tensor w = new LowRankTensor(module.start(), b, a, scale, false);
    float[] values = new float[Math.toIntExact(w.count())];
    w.read(0, values, 0, values.length);
    return values;
  }

  /** Takes the number of a module. */
  private interface Each {
    void accept(int module);
  }

  private void forEachModule(Each each) {
    int threads = Runtime.getRuntime().availableProcessors();
    Parallel.forEach(threads, modules.size(), () -> module -> each.accept((int) module));
  }

  @Override
  public void loaded() {}

  @Override
  public Anchor anchor() {
    return Anchor.start(name -> factors.containsKey(name));
  }

  @Override
  public double meanAbsDelta(AdamROptimizer optimizer) {
    double[] sums = new double[modules.size()];
    forEachModule(
        i -> {
          float[] after = modules.get(i).weight().data().asFloat();
          float[] before = new float[after.length];
          modules.get(i).start().read(0, before, 0, before.length);
          for (int j = 0; j < after.length; j++) {
            sums[i] += Math.abs(after[j] - before[j]);
          }
        });
    return Arrays.stream(sums).sum() / weights;
  }

  @Override
  public SortedMap<String, INDArray> own() {
    return factors;
  }

  @Override
  public void writeAdapter(Path folder) throws IOException {
    List<Tensor> low = new ArrayList<>();
    factors.forEach((name, array) -> low.add(tensor(name, array)));
    List<Tensor> whole = new ArrayList<>();
    saved.forEach((name, array) -> whole.add(tensor(name, array)));
    PeftAdapter.write(folder, peft, baseName, low, whole, encoder.checkpoint().config(), true);
  }
}
