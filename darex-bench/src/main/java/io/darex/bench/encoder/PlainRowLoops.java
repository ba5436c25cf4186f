package io.darex.bench.encoder;

/**
 * {@link RowLoops} with a local variable for each lane: short loops over arrays do not pay for the
 * vector instructions that the JIT compiler would make of them.
 */
final class PlainRowLoops implements RowLoops {
  @Override
  public void addSigns(
      Group group,
      int[] rows,
      char[] places,
      float magnitude,
      float[] tile,
      float[] sums,
      int out) {
    int k = group.entry();
    for (int r = group.from(); r < group.to(); r++) {
      float a0 = 0;
      float a1 = 0;
      float a2 = 0;
      float a3 = 0;
      float a4 = 0;
      float a5 = 0;
      float a6 = 0;
      float a7 = 0;
      for (int end = k + group.length(); k < end; k++) {
        int at = LANES * (places[k] & COLUMN);
        float sign = RowLoops.sign(places[k]);
        a0 += sign * tile[at];
        a1 += sign * tile[at + 1];
        a2 += sign * tile[at + 2];
        a3 += sign * tile[at + 3];
        a4 += sign * tile[at + 4];
        a5 += sign * tile[at + 5];
        a6 += sign * tile[at + 6];
        a7 += sign * tile[at + 7];
      }
      int row = rows[r];
      sums[row] += magnitude * a0;
      sums[out + row] += magnitude * a1;
      sums[2 * out + row] += magnitude * a2;
      sums[3 * out + row] += magnitude * a3;
      sums[4 * out + row] += magnitude * a4;
      sums[5 * out + row] += magnitude * a5;
      sums[6 * out + row] += magnitude * a6;
      sums[7 * out + row] += magnitude * a7;
    }
  }

  @Override
  public void addValues(
      Group group, int[] rows, char[] places, float[] values, float[] tile, float[] sums, int out) {
    int k = group.entry();
    for (int r = group.from(); r < group.to(); r++) {
      float a0 = 0;
      float a1 = 0;
      float a2 = 0;
      float a3 = 0;
      float a4 = 0;
      float a5 = 0;
      float a6 = 0;
      float a7 = 0;
      for (int end = k + group.length(); k < end; k++) {
        int at = LANES * places[k];
        float value = values[k];
        a0 += value * tile[at];
        a1 += value * tile[at + 1];
        a2 += value * tile[at + 2];
        a3 += value * tile[at + 3];
        a4 += value * tile[at + 4];
        a5 += value * tile[at + 5];
        a6 += value * tile[at + 6];
        a7 += value * tile[at + 7];
      }
      int row = rows[r];
      sums[row] += a0;
      sums[out + row] += a1;
      sums[2 * out + row] += a2;
      sums[3 * out + row] += a3;
      sums[4 * out + row] += a4;
      sums[5 * out + row] += a5;
      sums[6 * out + row] += a6;
      sums[7 * out + row] += a7;
    }
  }
}
