package io.darex.bench.encoder;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link RowLoops} on the Vector API, for JVMs started with {@code --add-modules
 * jdk.incubator.vector}; loaded by name, and never without that module. No fused multiply-add,
 * which rounds once where the plain loops round twice.
 */
final class VectorRowLoops implements RowLoops {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  @Override
  public int lanes() {
    return LANES;
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
    for (int lane = 0; lane < LANES; lane += 8) {
      int at = lane * out + row;
      sums[at] += lanes[lane];
      sums[at + out] += lanes[lane + 1];
      sums[at + 2 * out] += lanes[lane + 2];
      sums[at + 3 * out] += lanes[lane + 3];
      sums[at + 4 * out] += lanes[lane + 4];
      sums[at + 5 * out] += lanes[lane + 5];
      sums[at + 6 * out] += lanes[lane + 6];
      sums[at + 7 * out] += lanes[lane + 7];
    }
  }
}
