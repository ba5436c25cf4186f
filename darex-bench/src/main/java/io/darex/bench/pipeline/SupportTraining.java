package io.darex.bench.pipeline;

import io.darex.bench.encoder.Encoder;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.optim.DeltaStatistics;
import io.darex.prune.Checkpoint;
import io.darex.prune.KeptTensor;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The kept entries of a sparse delta, and the tensors that it carries whole (docs/METHOD.md §4.4).
 * The optimiser has the kept entries of each tensor as one vector {@code [kept]} under the tensor's
 * name; all others it never sees, so they stay bit for bit at the base. After each step the vectors
 * are written into the encoder's weights.
 */
final class SupportTraining implements Trainable {
  private final Encoder encoder;
  private final List<Part> parts = new ArrayList<>();
  private final SortedMap<String, INDArray> whole = new TreeMap<>();
  private final Map<String, INDArray> anchors = new HashMap<>();
  private final long weights;

  /**
   * The kept entries of one tensor.
   *
   * @param weight the encoder's own array
   * @param indices of the kept entries in it, ascending
   * @param values theirs, {@code [kept]}
   * @param gradient of these
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
  private record Part(
      String name, INDArray weight, int[] indices, INDArray values, INDArray gradient) {}

  /**
   * Loads base + Δ̂ into the encoder.
   *
   * @param delta fits encoder and base, and keeps at least one entry
   * @param base the pre-trained checkpoint
   */
  SupportTraining(SparseDelta delta, Encoder encoder, Checkpoint base) {
    this.encoder = encoder;
    Checkpoint start = delta.applyTo(base);
    encoder.load(start);
    SortedMap<String, Tensor> pretrained = delta.matching(base);
    Map<String, String> theirs = encoder.config().namesIn(start);
    Map<String, String> inBase = encoder.config().namesIn(base);
    long frozenAndTrained = 0;
    for (Map.Entry<String, INDArray> parameter : encoder.parameters().entrySet()) {
      String name = parameter.getKey();
      INDArray weight = parameter.getValue();
      boolean head = encoder.config().family().isHead(name);
      frozenAndTrained += head ? 0 : weight.length();
      KeptTensor kept = delta.kept().get(theirs.get(name));
      if (kept == null) {
        whole.put(name, weight);
        if (!head && inBase.containsKey(name)) {
          anchors.put(name, array(base.tensors().get(inBase.get(name))).reshape(weight.shape()));
        }
      } else if (kept.kept() > 0) {
        Part part = part(name, weight, kept);
        parts.add(part);
        if (!head) {
          float[] values = values(pretrained.get(kept.name()));
          anchors.put(name, Nd4j.createFromArray(gathered(FloatBuffer.wrap(values), part)));
        }
      }
    }
    this.weights = frozenAndTrained;
    loaded();
  }

  private static Part part(String name, INDArray weight, KeptTensor kept) {
    int[] indices = new int[Math.toIntExact(kept.kept())];
    int[] next = {0};
    kept.forEach((index, value) -> indices[next[0]++] = Math.toIntExact(index));
    INDArray values = Nd4j.zeros(DataType.FLOAT, indices.length);
    return new Part(name, weight, indices, values, values.like());
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.count())];
    tensor.read(0, values, 0, values.length);
    return values;
  }

  private static INDArray array(Tensor tensor) {
    return Nd4j.createFromArray(values(tensor));
  }

  @Override
  public Encoder encoder() {
    return encoder;
  }

  @Override
  public Map<String, INDArray> parameters() {
    Map<String, INDArray> all = new TreeMap<>(whole);
    parts.forEach(part -> all.put(part.name(), part.values()));
    return all;
  }

  @Override
  public Map<String, INDArray> gradients(Map<String, INDArray> dense) {
    Map<String, INDArray> gradients = new HashMap<>();
    whole.keySet().forEach(name -> gradients.put(name, dense.get(name)));
    for (Part part : parts) {
      set(part.gradient(), gathered(memory(dense.get(part.name())), part));
      gradients.put(part.name(), part.gradient());
    }
    return gradients;
  }

  @Override
  public void stepped() {
    for (Part part : parts) {
      FloatBuffer values = memory(part.values());
      FloatBuffer weights = memory(part.weight());
      for (int i = 0; i < part.indices().length; i++) {
        weights.put(part.indices()[i], values.get(i));
      }
      if (!isDirect(part.weight())) {
        set(part.weight(), weights.array());
      }
    }
  }

  @Override
  public void loaded() {
    parts.forEach(part -> set(part.values(), gathered(memory(part.weight()), part)));
  }

  private static float[] gathered(FloatBuffer all, Part part) {
    float[] values = new float[part.indices().length];
    for (int i = 0; i < values.length; i++) {
      values[i] = all.get(part.indices()[i]);
    }
    return values;
  }

  /** Whether Java reaches an array's memory: then entries are read and written in place. */
  private static boolean isDirect(INDArray array) {
    return array.dataType() == DataType.FLOAT
        && array.ordering() == 'c'
        && !array.isView()
        && Nd4j.getEnvironment().isCPU();
  }

  /** The values in row-major order: in place where that can be, else a copy. */
  private static FloatBuffer memory(INDArray array) {
    return isDirect(array)
        ? array.data().asNioFloat()
        : FloatBuffer.wrap(array.dup('c').data().asFloat());
  }

  private static void set(INDArray array, float[] values) {
    if (isDirect(array)) {
      array.data().asNioFloat().put(0, values);
      return;
    }
    try (INDArray copy = Nd4j.createFromArray(values)) {
      array.assign(copy.reshape(array.shape()));
    }
  }

  @Override
  public Anchor anchor() {
    return Anchor.of(anchors);
  }

  @Override
  public double meanAbsDelta(AdamROptimizer optimizer) {
    double sum = 0;
    for (DeltaStatistics layer : optimizer.deltas().values()) {
      sum += layer.meanAbs() * layer.count();
    }
    return sum / weights;
  }

  @Override
  public SortedMap<String, INDArray> own() {
    return Collections.emptySortedMap();
  }

  @Override
  public void writeAdapter(Path folder) {}
}
