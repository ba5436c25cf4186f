package io.darex.bench.encoder;

import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A fine-tune as a delta beside the weights of an encoder, which are only read: what is added to
 * matrices ({@link KeptMatrix}), and vectors, whole tensors and a head in place of the encoder's.
 * Texts of many fine-tunes can so share one encoder, and one pass.
 */
public final class BesideDelta implements AutoCloseable {
  /** The encoder as it is. */
  static final BesideDelta NOTHING = new BesideDelta(Map.of(), Map.of(), Optional.empty());

  private final Map<Slot, KeptMatrix> kept;
  private final Map<Slot, Floats> own;
  private final Optional<Head> head;

  /** Values of the tensors of a head that the encoder has not, or in another size. */
  private final List<Floats> ofHead = new ArrayList<>();

  BesideDelta(Map<Slot, KeptMatrix> kept, Map<Slot, Floats> own, Optional<Head> head) {
    this.kept = kept;
    this.own = own;
    this.head = head;
  }

  /**
   * A delta beside the weights of {@code encoder}.
   *
   * @param config of the fine-tune, with its labels
   * @throws IllegalArgumentException if the config is none of the encoder's architecture, a
   *     parameter is neither kept nor carried whole or has another shape (all are listed), a value
   *     is NaN or infinite, or a matrix has too many columns
   */
  BesideDelta(SparseDelta delta, EncoderConfig config, HostEncoder encoder) {
    requireSame(config, encoder.config);
    requireFit(delta, config, encoder);
    kept = new HashMap<>();
    own = new HashMap<>();
    Parameters parameters = encoder.parameters;
    Slots slots = encoder.slots;
    SortedMap<String, Slot> others = new TreeMap<>();
    try {
      Parameters.shapes(config)
          .forEach(
              (name, shape) -> {
                Slot slot = slots.get(name);
                Optional<KeptTensor> entries = parameters.source(delta.kept(), name);
                if (entries.isPresent()) {
                  put(slot, entries.get(), delta);
                } else {
                  Floats values = values(parameters.source(delta.whole(), name).orElseThrow());
                  if (slot != null && slot.hasShape(shape)) {
                    own.put(slot, values);
                  } else {
                    ofHead.add(values);
                    others.put(name, new Slot(values, shape));
                  }
                }
              });
    } catch (RuntimeException e) {
      free();
      throw e;
    }
    head =
        Optional.of(
            new Head(
                config, name -> others.containsKey(name) ? others.get(name) : slots.get(name)));
  }

  private void put(Slot slot, KeptTensor entries, SparseDelta delta) {
    float q = (float) delta.scale().q(entries.name());
    if (entries.shape().length == 2) {
      boolean columns = delta.mask().places() == PlaceStorage.COLUMNS;
      kept.put(slot, columns ? new KeptColumns(entries, q) : new KeptRows(entries, q));
    } else {
      own.put(slot, Floats.of(sum(slot, entries, q)));
    }
  }

  private static void requireSame(EncoderConfig config, EncoderConfig base) {
    if (!architecture(config).equals(architecture(base))) {
      throw new IllegalArgumentException(
          "expected the architecture of the base, "
              + architecture(base)
              + ", got "
              + architecture(config));
    }
  }

  /** All but what differs between fine-tunes of one base. */
  private static EncoderConfig architecture(EncoderConfig config) {
    return config
        .withLabels(List.of())
        .withHiddenDropout(0)
        .withAttentionDropout(0)
        .withClassifierDropout(0);
  }

  private static void requireFit(SparseDelta delta, EncoderConfig config, HostEncoder encoder) {
    Parameters parameters = encoder.parameters;
    List<String> faults = new ArrayList<>();
    Parameters.shapes(config)
        .forEach(
            (name, expected) -> {
              Optional<KeptTensor> kept = parameters.source(delta.kept(), name);
              Optional<Tensor> whole = parameters.source(delta.whole(), name);
              Optional<long[]> shape =
                  kept.map(KeptTensor::shape).or(() -> whole.map(Tensor::shape));
              if (shape.isEmpty()) {
                faults.add(name + ": expected in the sparse delta, kept or whole, got none");
              } else if (!Arrays.equals(shape.get(), expected)) {
                faults.add(
                    name
                        + ": expected "
                        + Arrays.toString(expected)
                        + ", got "
                        + Arrays.toString(shape.get()));
              } else if (kept.isEmpty() && !whole.get().dtype().isPrunable()) {
                faults.add(name + ": expected F32, F16 or BF16, got " + whole.get().dtype());
              } else if (kept.isPresent()
                  && (encoder.slots.get(name) == null
                      || !encoder.slots.get(name).hasShape(expected))) {
                faults.add(name + ": expected in the base, whose entries it adds to, got none");
              }
            });
    if (!faults.isEmpty()) {
      throw new MismatchException(faults);
    }
  }

  private static Floats values(Tensor whole) {
    float[] values = new float[Math.toIntExact(whole.count())];
    whole.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      NonFiniteException.check(whole.name(), i, values[i]);
    }
    return Floats.of(values);
  }

  /** As {@link SparseDelta#applyTo} computes it. */
  private static float[] sum(Slot slot, KeptTensor kept, float q) {
    float[] sum = slot.copy();
    kept.forEachScaled(
        q,
        (start, offsets, values) -> {
          for (int i = 0; i < values.length; i++) {
            int at = Math.toIntExact(start + offsets[i]);
            sum[at] = NonFiniteException.check(kept.name(), at, sum[at] + values[i]);
          }
        });
    return sum;
  }

  /** The values of a parameter, its own or the encoder's, to which {@link #kept} is yet to come. */
  Floats value(Slot slot) {
    return own.getOrDefault(slot, slot.value());
  }

  /** What is added to a matrix wherever it is used; empty for nothing. */
  Optional<KeptMatrix> kept(Slot slot) {
    return Optional.ofNullable(kept.get(slot));
  }

  /** Its head; empty for the encoder's. */
  Optional<Head> head() {
    return head;
  }

  /** The same fine-tune with merged matrices in place of what is beside those. */
  BesideDelta merged(Map<Slot, Floats> matrices) {
    Map<Slot, KeptMatrix> left = new HashMap<>(kept);
    left.keySet().removeAll(matrices.keySet());
    Map<Slot, Floats> all = new HashMap<>(own);
    all.putAll(matrices);
    return new BesideDelta(left, all, head);
  }

  /** Of the entries of these matrices, the share that is kept; 0 where it has none of them. */
  double keptShare(List<Slot> matrices) {
    long all = 0;
    long some = 0;
    for (Slot slot : matrices) {
      all += slot.size();
      some += kept(slot).map(KeptMatrix::kept).orElse(own.containsKey(slot) ? slot.size() : 0L);
    }
    return all == 0 ? 0 : (double) some / all;
  }

  /** The memory that it takes, in bytes. */
  public long bytes() {
    long floats =
        own.keySet().stream().mapToLong(Slot::size).sum()
            + ofHead.stream().mapToLong(Floats::capacity).sum();
    return floats * Float.BYTES + kept.values().stream().mapToLong(KeptMatrix::bytes).sum();
  }

  /** Of all products since it was made. */
  MultiplyAdds multiplyAdds() {
    return kept.values().stream()
        .map(KeptMatrix::multiplyAdds)
        .reduce(new MultiplyAdds(0, 0), MultiplyAdds::plus);
  }

  /** Frees its memory; no pass may be using it. */
  @Override
  public void close() {
    free();
    head.ifPresent(Head::close);
  }

  private void free() {
    kept.values().forEach(KeptMatrix::close);
    own.values().forEach(Floats::close);
    ofHead.forEach(Floats::close);
  }
}
