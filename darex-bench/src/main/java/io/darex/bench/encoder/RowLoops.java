package io.darex.bench.encoder;

/**
 * The inner loops of {@link KeptRows}: products of rows that keep as many entries with a tile,
 * which has for each column the elements of {@value #LANES} rows of x side by side.
 */
interface RowLoops {
  /** The bit of a place that says that the entry is negative. */
  int SIGN = 0x8000;

  /** The other bits: its column. */
  int COLUMN = SIGN - 1;

  /**
   * Rows of x that are multiplied at a time: more would be faster, but a text of twenty tokens
   * would leave more of them empty.
   */
  int LANES = 8;

  /**
   * Rows that keep as many entries.
   *
   * @param length how many
   * @param from the first of the rows
   * @param to the first that is none of them
   * @param entry the first entry of the first row
   */
  record Group(int length, int from, int to, int entry) {
    /** The first entry that is none of theirs. */
    int end() {
      return entry + length * (to - from);
    }
  }

  /**
   * With one magnitude, by which each sum is multiplied once: {@code sums[lane · out + row] +=
   * magnitude · Σ ±tile[LANES · column + lane]}.
   */
  void addSigns(
      Group group, int[] rows, char[] places, float magnitude, float[] tile, float[] sums, int out);

  /** The same with a value of each entry, whose place is its column alone. */
  void addValues(
      Group group, int[] rows, char[] places, float[] values, float[] tile, float[] sums, int out);

  /**
   * 1 or −1. A product by it costs nothing beside the load; a branch that is taken half of the time
   * costs as much as three entries.
   */
  static float sign(char place) {
    return Float.intBitsToFloat(0x3f800000 | ((place & SIGN) << 16));
  }

  /**
   * Those of the Vector API where the JVM was started with its module and the processor has vectors
   * of eight floats, else plain ones; the sums are the same bytes. By name, because they are
   * compiled apart: their source draws a warning that cannot be switched off.
   */
  static RowLoops best() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return new PlainRowLoops();
    }
    try {
      return (RowLoops)
          Class.forName(RowLoops.class.getPackageName() + ".VectorRowLoops")
              .getDeclaredMethod("orPlain")
              .invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the vector loops are missing from this build", e);
    }
  }
}
