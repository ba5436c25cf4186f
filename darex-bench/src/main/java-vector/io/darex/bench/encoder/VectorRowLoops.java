package io.darex.bench.encoder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link RowLoops} on the Vector API, for JVMs started with {@code --add-modules
 * jdk.incubator.vector}; loaded by name, and never without that module. No fused multiply-add,
 * which rounds once where the plain loops round twice.
 */
final class VectorRowLoops implements RowLoops {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;

  /** These, or plain ones where vectors are shorter: longer than the processor's, they crawl. */
  static RowLoops orPlain() {
    boolean fit = FloatVector.SPECIES_PREFERRED.length() >= LANES;
    return fit ? new VectorRowLoops() : new PlainRowLoops();
  }

  @Override
  public void addSigns(
      Group group,
      int[] rows,
      char[] places,
      float magnitude,
      float[] tile,
      float[] sums,
      int out) {
    float[] lanes = new float[LANES];
    int k = group.entry();
    for (int r = group.from(); r < group.to(); r++) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int end = k + group.length(); k < end; k++) {
        FloatVector x = FloatVector.fromArray(FLOATS, tile, LANES * (places[k] & COLUMN));
        sum = sum.add(x.mul(RowLoops.sign(places[k])));
      }
      sum.mul(magnitude).intoArray(lanes, 0);
      scatter(lanes, sums, rows[r], out);
    }
  }

  @Override
  public void addValues(
      Group group, int[] rows, char[] places, float[] values, float[] tile, float[] sums, int out) {
    float[] lanes = new float[LANES];
    int k = group.entry();
    for (int r = group.from(); r < group.to(); r++) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int end = k + group.length(); k < end; k++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, tile, LANES * places[k]).mul(values[k]));
      }
      sum.intoArray(lanes, 0);
      scatter(lanes, sums, rows[r], out);
    }
  }

  private static void scatter(float[] lanes, float[] sums, int row, int out) {
    sums[row] += lanes[0];
    sums[out + row] += lanes[1];
    sums[2 * out + row] += lanes[2];
    sums[3 * out + row] += lanes[3];
    sums[4 * out + row] += lanes[4];
    sums[5 * out + row] += lanes[5];
    sums[6 * out + row] += lanes[6];
    sums[7 * out + row] += lanes[7];
  }
}
