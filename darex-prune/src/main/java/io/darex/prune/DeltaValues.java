package io.darex.prune;

import java.nio.FloatBuffer;
import lombok.RequiredArgsConstructor;

/** The kept values of a delta, {@code [kept]}, computed from base and tuned model when read. */
@RequiredArgsConstructor
final class DeltaValues implements Tensor {
  private final Delta.Pair pair;
  private final KeptPlaces places;

  @Override
  public String name() {
    return pair.tuned().name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return new long[] {places.count()};
  }

  @Override
  public void read(long from, float[] into, int offset, int length) {
    FloatBuffer values = FloatBuffer.wrap(into, offset, length);
    places.visit(
        from,
        length,
        (start, offsets, first, end) -> {
          for (int i = first; i < end; i++) {
            values.put(pair.at(start + offsets[i]));
          }
        });
  }
}
