package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.TorchOps.OutOfMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Work on batches in the memory of a device. How much a batch takes is known once the device has
 * not had it: results are computed in parts from then on, and what has to be one batch says how
 * many texts fit.
 */
final class DeviceMemory {
  /** How much of PyTorch's own words is repeated. */
  private static final int LONGEST = 120;

  private final Device device;

  /** Padded tokens of a batch that may fit: all until one has not. */
  private int tokens = Integer.MAX_VALUE;

  DeviceMemory(Device device) {
    this.device = device;
  }

  /**
   * What {@code work} gives for parts of a batch that fit, in their order. Its tensors are freed.
   *
   * @throws BadInputException if the device has not the memory for one text
   */
  <T> List<T> inParts(Batch batch, Function<Batch, T> work) {
    List<T> results = new ArrayList<>();
    for (int first = 0; first < batch.rows(); ) {
      int count = Math.min(batch.rows() - first, Math.max(1, tokens / batch.columns()));
      Batch part = batch.part(first, count);
      try {
        results.add(TorchOps.scoped(() -> work.apply(part)));
        first += count;
      } catch (OutOfMemoryException e) {
        if (count == 1) {
          throw refusal(part, 0, e);
        }
        tokens = count / 2 * batch.columns();
      }
    }
    return results;
  }

  /**
   * What {@code work} gives for a batch that may not be divided. Its tensors are freed.
   *
   * @throws BadInputException if the device has not the memory, saying how many texts fit
   */
  <T> T whole(Batch batch, Function<Batch, T> work) {
    try {
      return TorchOps.scoped(() -> work.apply(batch));
    } catch (OutOfMemoryException e) {
      int fitting = batch.rows() / 2;
      while (fitting > 0 && !fits(batch.part(0, fitting), work)) {
        fitting /= 2;
      }
      throw refusal(batch, fitting, e);
    }
  }

  private static <T> boolean fits(Batch batch, Function<Batch, T> work) {
    try {
      TorchOps.scoped(() -> work.apply(batch));
      return true;
    } catch (OutOfMemoryException e) {
      return false;
    }
  }

  private BadInputException refusal(Batch batch, int fitting, OutOfMemoryException e) {
    String why = e.getMessage().lines().findFirst().orElseThrow();
    return new BadInputException(
        "device "
            + device
            + ": out of memory with a batch of "
            + batch.rows()
            + (batch.rows() == 1 ? " text of " : " texts of ")
            + batch.columns()
            + " tokens; "
            + (fitting == 0 ? "not even 1 fits" : "one of " + fitting + " fits")
            + " (PyTorch: "
            + (why.length() > LONGEST ? why.substring(0, LONGEST) + " …" : why)
            + ")",
        e);
  }
}
