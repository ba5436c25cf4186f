package io.darex.bench.calibration;

/**
 * How much text calibration reads.
 *
 * @param windows together with {@code tokens} the most text there is: {@code windows · tokens}
 *     tokens
 * @param tokens longest window that a line of a file is cut to, special tokens included
 */
public record CalibrationSize(int windows, int tokens) {
  /** 50 windows of 128 tokens, as docs/METHOD.md §3.1 has it. */
  public static final CalibrationSize DEFAULT = new CalibrationSize(50, 128);

  /** Fewer are special tokens and hardly any text. */
  private static final int SHORTEST = 8;

  /**
   * @throws IllegalArgumentException if a count is not positive, or a window shorter than 8 tokens
   */
  public CalibrationSize {
    if (windows < 1 || tokens < SHORTEST) {
      throw new IllegalArgumentException(
          "calibration needs at least 1 window of "
              + SHORTEST
              + " tokens, got "
              + windows
              + " windows of "
              + tokens);
    }
  }

  /** The most text there is. */
  long budget() {
    return (long) windows * tokens;
  }
}
