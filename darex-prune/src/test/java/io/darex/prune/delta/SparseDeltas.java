package io.darex.prune.delta;

import io.darex.prune.Checkpoints;
import io.darex.prune.Delta;
import io.darex.prune.LayerInput;
import io.darex.prune.Mask;
import io.darex.prune.Provenance;
import io.darex.prune.Pruning;
import io.darex.prune.Scale;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.SideFiles;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Sparse deltas of every mask, for tests of their files. */
public final class SparseDeltas {
  /** A mask of every kind, so that a new kind without a row here fails a test. */
  public static final List<Mask> MASKS =
      List.of(
          Masks.create("random", Map.of("seed", 42, "dropRate", 0.9)),
          Masks.create("stratified", Map.of("seed", 42, "dropRate", 0.9, "group", 16)),
          Masks.create("magnitude", Map.of("dropRate", 0.9, "scope", "model")),
          Masks.create("columns", Map.of("seed", 42, "dropRate", 0.9)),
          Masks.create("n:m", Map.of("keep", "2:4")),
          Masks.create("wanda", Map.of("dropRate", 0.9)),
          Masks.create(
              "stratified",
              Map.of("seed", 42, "dropRate", Map.of("w0", 0.9), "overall", 0.8, "group", 16)),
          Masks.create(
              "random", Map.of("seed", 42, "dropRate", Map.of("w0", 0.9), "overall", 0.7)));

  private SparseDeltas() {}

  /** Base tensors of these shapes, called {@code w0, w1, …}. */
  public static InMemoryCheckpoint base(long[]... shapes) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < shapes.length; i++) {
      tensors.add(Checkpoints.random(i, "w" + i, 0.05, shapes[i]));
    }
    return InMemoryCheckpoint.of(tensors, Optional.empty());
  }

  /** {@code base}, fine-tuned, with a head of its own, pruned as it is read. */
  public static SparseDelta view(Mask mask, InMemoryCheckpoint base) {
    List<Tensor> tensors = new ArrayList<>();
    base.tensors().forEach((name, tensor) -> tensors.add(Checkpoints.tuned(99, tensor, name)));
    tensors.add(Checkpoints.random(98, "head", 0.05, 2, 3));
    InMemoryCheckpoint tuned =
        InMemoryCheckpoint.of(tensors, Optional.of("{\"model_type\":\"bert\"}"));
    Delta delta = Delta.between(base, tuned, Selection.ALL);
    SparseDelta view = new Pruning(fitted(mask, delta), Selection.ALL).view(delta, 2);
    return view.withScale(new Scale(view.scale().fallback(), Map.of("w0", 0.75)))
        .withProvenance(
            new Provenance(
                Optional.of(CheckpointDigest.of(base)),
                Optional.empty(),
                "{\"tool\":\"test\"}",
                tuned.config(),
                SideFiles.compared(
                    Map.of("vocab.txt", new byte[] {'a', '\n'}, "merges.txt", new byte[1]),
                    Map.of("merges.txt", new byte[1]))));
  }

  /** The mask with inputs of {@code w0} where it needs any, and a rate for each tensor likewise. */
  private static Mask fitted(Mask mask, Delta delta) {
    if (mask.needsInputs()) {
      long[] shape = delta.pairs().get("w0").tuned().shape();
      return shape.length == 2 ? mask.withInputs(Map.of("w0", input((int) shape[1]))) : mask;
    }
    if (mask instanceof PerTensorMask perTensor) {
      Map<String, Double> rates = new TreeMap<>();
      delta.pairs().keySet().forEach(name -> rates.put(name, 0.9 - rates.size() / 16.0));
      if (rates.size() > 2) {
        rates.put("w2", 1.0);
      }
      return new PerTensorMask(perTensor.template(), rates);
    }
    return mask;
  }

  private static LayerInput input(int features) {
    double[] products = new double[features * features];
    for (int i = 0; i < features; i++) {
      products[i * features + i] = 1 + i % 7;
    }
    return new LayerInput(10, new double[features], products);
  }
}
