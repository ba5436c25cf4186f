package io.darex.bench.encoder;

import io.darex.optim.AdamR;
import io.darex.optim.AdamROptimizer;
import io.darex.optim.Anchor;
import io.darex.prune.Checkpoint;
import io.darex.prune.LayerInput;
import io.darex.prune.SparseDelta;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A text encoder with a classification or regression head: what it computes, its gradients and its
 * parameters.
 *
 * <p>Parameters carry the names of the family's sequence classification model in transformers:
 * encoder tensors begin with {@code bert.} or the like, the head's do not, and are absent where the
 * config has no labels. Not thread-safe.
 *
 * <p>Every method that takes a batch throws {@link IllegalArgumentException} if a token, a type or
 * the length lies outside the config.
 */
public interface Encoder extends AutoCloseable {
  /** The architecture. */
  EncoderConfig config();

  /**
   * The class scores {@code [rows][classes]}, without dropout.
   *
   * @throws IllegalStateException if the encoder has no head
   */
  float[][] logits(Batch batch);

  /** The last layer's output {@code [rows, columns, hidden]} row-major; padding holds noise. */
  float[] lastHidden(Batch batch);

  /**
   * One vector per text {@code [rows][hidden]}, without dropout: BERT's pooler output, elsewhere
   * the last layer's output at the first token.
   */
  float[][] pooled(Batch batch);

  /**
   * What enters the linear layers, without dropout, reduced to means over all real tokens of all
   * batches, in the head over their first tokens.
   *
   * @return by name of a layer's weight; layers that read the same share one instance
   * @throws IllegalArgumentException if there is no batch
   * @throws io.darex.prune.NonFiniteException naming the layer that NaN or infinity enters
   */
  SortedMap<String, LayerInput> inputs(List<Batch> batches);

  /**
   * The mean cross-entropy of {@code labels} and its gradients, with dropout.
   *
   * <p>Masks depend on {@code dropoutSeed}, config and batch shape alone, so a training run that
   * counts its steps is reproducible and can be resumed at any of them.
   *
   * @throws IllegalStateException if the encoder has no head, or one for a single score
   * @throws IllegalArgumentException if there is not one label in [0, classes) per row
   */
  Gradients gradients(Batch batch, int[] labels, long dropoutSeed);

  /**
   * The mean squared error of scores against {@code targets} and its gradients, with dropout; else
   * as for labels.
   *
   * @throws IllegalStateException if the encoder has no head or one for classes
   * @throws IllegalArgumentException if there is not one finite target per row
   */
  Gradients gradients(Batch batch, float[] targets, long dropoutSeed);

  /**
   * A function of the scores and its gradients, without dropout.
   *
   * @throws IllegalStateException if the encoder has no head
   */
  Gradients gradients(Batch batch, Loss loss);

  /** The live parameters in name order: an optimiser changes them in place. */
  Map<String, INDArray> parameters();

  /**
   * AdamR for the parameters, at its first iteration. Where they lie on a device it steps there,
   * with the gradients of the last batch, what {@link #parameters} gives are copies, and an earlier
   * optimiser is of no use any more.
   *
   * @param anchor what the weights are pulled to
   * @throws IllegalArgumentException as {@link AdamROptimizer} does
   */
  default AdamROptimizer optimizer(AdamR config, Anchor anchor) {
    return new AdamROptimizer(config, parameters(), anchor);
  }

  /** A copy of the parameters, in fp32, with the config. */
  Checkpoint checkpoint();

  /**
   * Sets all parameters in place; encoder tensors may lack their prefix, normalisation may be
   * called gamma and beta, further tensors are ignored.
   *
   * @throws IllegalArgumentException listing every missing tensor and every one of another shape or
   *     of no floating-point type; nothing is set then
   */
  void load(Checkpoint checkpoint);

  /**
   * Puts a sparse delta beside the weights, which are not written: what it adds to matrices is
   * computed apart, and what it drops never; its biases, normalisations and tensors carried whole
   * are used in place of the weights' until {@link #detach}. Another that is attached goes first.
   *
   * <p>Logits are those of {@link SparseDelta#applyTo} loaded, up to rounding. That the weights are
   * the delta's base is for {@link io.darex.prune.folder.CheckpointDigest#requireBase} to say,
   * before. While a delta is attached, training, {@link #load} and {@link #checkpoint} throw {@link
   * IllegalStateException}, and {@link #parameters} are nobody's to change.
   *
   * @throws IllegalArgumentException if a parameter is neither kept nor carried whole or has
   *     another shape (all are listed), a value is NaN or infinite, or this engine cannot do it,
   *     such as PyTorch for another mask than {@code columns}; no delta is attached then
   */
  void attach(SparseDelta delta);

  /** Takes the attached delta off, if there is one. */
  void detach();

  /**
   * What the products of the attached delta have cost since it was attached.
   *
   * @throws IllegalStateException if none is attached
   */
  MultiplyAdds multiplyAdds();

  /** Frees the parameters. */
  @Override
  void close();
}
