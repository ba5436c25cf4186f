package io.darex.prune.file;

import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The pieces of a file that are finished, with their CRC-32C: those of earlier runs and now. */
public final class Finished {
  private static final Pattern LINE = Pattern.compile("([0-9]{1,9}) ([0-9a-f]{8})");

  private final PartialOutput output;
  private final long batchNanos;
  private final BitSet before = new BitSet();
  private final int[] crcs;
  private final StringBuilder lines = new StringBuilder();
  private volatile long lastFlush = System.nanoTime();
  private volatile boolean journaling;

  /** Takes what {@code output} has noted; a line that makes no sense only costs its piece. */
  public Finished(PartialOutput output, int pieces, Duration batch) {
    this.output = output;
    this.batchNanos = batch.toNanos();
    journaling = !output.done().isEmpty();
    crcs = new int[journaling ? pieces : 0];
    for (String line : output.done()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches() && Integer.parseInt(matcher.group(1)) < pieces) {
        int piece = Integer.parseInt(matcher.group(1));
        before.set(piece);
        crcs[piece] = Integer.parseUnsignedInt(matcher.group(2), 16);
      }
    }
  }

  /** The CRC-32C an earlier run noted for a piece. */
  public Optional<Integer> before(int piece) {
    return before.get(piece) ? Optional.of(crcs[piece]) : Optional.empty();
  }

  /** Whether the work has become long enough for its pieces to be worth noting. */
  public boolean isJournaling() {
    if (!journaling && System.nanoTime() - lastFlush >= batchNanos) {
      journaling = true;
    }
    return journaling;
  }

  public synchronized void add(int piece, int crc) throws IOException {
    lines.append(piece).append(' ').append(HexFormat.of().toHexDigits(crc)).append('\n');
    if (System.nanoTime() - lastFlush >= batchNanos) {
      flush();
    }
  }

  public synchronized void flush() throws IOException {
    if (lines.length() > 0) {
      output.record(lines.toString());
      lines.setLength(0);
    }
    lastFlush = System.nanoTime();
  }
}
