package io.darex.bench.encoder;

import java.util.OptionalInt;

/**
 * Where PyTorch computes.
 *
 * @param word what configurations and options call it
 */
public record Device(String word) {
  /** The first card if there is one, else the processor. */
  public static final Device AUTO = new Device("auto");

  /** The processor, on memory that ND4J and PyTorch share. */
  public static final Device CPU = new Device("cpu");

  /**
   * The processor, on memory of PyTorch's own, with copies as for a card: what the code for cards
   * is tested by.
   */
  static final Device APART = new Device("cpu, apart");

  /** How a device is written. */
  public static final String FORM = "auto, cpu or cuda:N";

  private static final String CUDA = "cuda:";

  /**
   * The device of a word.
   *
   * @throws IllegalArgumentException if there is no such word
   */
  public static Device of(String word) {
    Device device = new Device(word);
    if (!device.equals(AUTO) && !device.equals(CPU) && device.card().isEmpty()) {
      throw new IllegalArgumentException("expected " + FORM + ", got " + word);
    }
    return device;
  }

  /** The number of the card, where it is one. */
  OptionalInt card() {
    return word.matches(CUDA + "(0|[1-9][0-9]?)")
        ? OptionalInt.of(Integer.parseInt(word.substring(CUDA.length())))
        : OptionalInt.empty();
  }

  @Override
  public String toString() {
    return word;
  }
}
