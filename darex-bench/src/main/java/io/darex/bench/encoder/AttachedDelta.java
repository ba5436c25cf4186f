package io.darex.bench.encoder;

import io.darex.prune.KeptTensor;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sparse delta of whole columns on an encoder. Matrices get theirs beside them ({@link
 * KeptColumns}); of vectors and of tensors carried whole, which are small, the live values are
 * exchanged, and exchanged again when the delta goes: the base comes back bit for bit.
 */
final class AttachedDelta implements AutoCloseable {
  private final Map<Slot, KeptColumns> beside = new LinkedHashMap<>();

  /** What is not in the live parameters now: the delta's values, and then the base's. */
  private final Map<Slot, float[]> exchanged = new LinkedHashMap<>();

  /**
   * Puts a delta on the parameters.
   *
   * @throws IllegalArgumentException as {@link Encoder#attach} does; nothing has changed then
   */
  AttachedDelta(SparseDelta delta, Parameters parameters, Slots slots) {
    if (delta.mask().places() != PlaceStorage.COLUMNS) {
      throw new IllegalArgumentException(
          "expected a sparse delta of mask columns, got one of mask " + delta.mask().kind());
    }
    requireFit(delta, parameters);
    try {
      for (String name : parameters.arrays().keySet()) {
        Slot slot = slots.get(name);
        Optional<KeptTensor> kept = parameters.source(delta.kept(), name);
        if (kept.isEmpty()) {
          exchanged.put(slot, values(parameters.source(delta.whole(), name).orElseThrow()));
        } else {
          float q = (float) delta.scale().q(kept.get().name());
          if (kept.get().shape().length == 2) {
            beside.put(slot, new KeptColumns(kept.get(), q));
          } else {
            exchanged.put(slot, sum(slot, kept.get(), q));
          }
        }
      }
    } catch (RuntimeException e) {
      beside.values().forEach(KeptColumns::close);
      throw e;
    }
    beside.forEach(Slot::setBeside);
    exchange();
  }

  private static void requireFit(SparseDelta delta, Parameters parameters) {
    List<String> faults = new ArrayList<>();
    parameters
        .arrays()
        .forEach(
            (name, array) -> {
              Optional<KeptTensor> kept = parameters.source(delta.kept(), name);
              Optional<Tensor> whole = parameters.source(delta.whole(), name);
              Optional<long[]> shape =
                  kept.map(KeptTensor::shape).or(() -> whole.map(Tensor::shape));
              if (shape.isEmpty()) {
                faults.add(name + ": expected in the sparse delta, kept or whole, got none");
              } else if (!Arrays.equals(shape.get(), array.shape())) {
                faults.add(
                    name
                        + ": expected "
                        + Arrays.toString(array.shape())
                        + ", got "
                        + Arrays.toString(shape.get()));
              } else if (kept.isEmpty() && !whole.get().dtype().isPrunable()) {
                faults.add(name + ": expected F32, F16 or BF16, got " + whole.get().dtype());
              }
            });
    if (!faults.isEmpty()) {
      throw new MismatchException(faults);
    }
  }

  private static float[] values(Tensor whole) {
    float[] values = new float[Math.toIntExact(whole.count())];
    whole.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      NonFiniteException.check(whole.name(), i, values[i]);
    }
    return values;
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

  private void exchange() {
    exchanged.replaceAll(
        (slot, values) -> {
          float[] before = slot.copy();
          slot.value().put(0, values, values.length);
          return before;
        });
  }

  /** Of all products since it was attached. */
  MultiplyAdds multiplyAdds() {
    return beside.values().stream()
        .map(KeptColumns::multiplyAdds)
        .reduce(new MultiplyAdds(0, 0), MultiplyAdds::plus);
  }

  /** Takes the delta off. */
  @Override
  public void close() {
    exchange();
    beside.forEach(
        (slot, columns) -> {
          slot.setBeside(null);
          columns.close();
        });
  }
}
