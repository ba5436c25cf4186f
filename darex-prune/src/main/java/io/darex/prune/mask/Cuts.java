package io.darex.prune.mask;

import io.darex.prune.Blocks;
import io.darex.prune.Delta;
import io.darex.prune.TensorMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lombok.AccessLevel;
import lombok.Getter;

/**
 * Finds cuts that keep exactly ⌈z·(1−p)⌉ of the z non-zeros in any number of elements, the largest
 * first and of equals the ones that come first. Reads everything twice and remembers two
 * histograms: the upper sixteen bits of a magnitude find a bin, the lower fifteen the value in it.
 * At another p the first histogram serves again, and the second where it is of the same bin. Only
 * where some but not all of the entries equal to the threshold are kept are they looked for in a
 * third pass.
 */
final class Cuts {
  private static final int LOW_BITS = 15;
  private static final int LOW = (1 << LOW_BITS) - 1;

  /** No finite number has these upper bits, so here the zeros are counted. */
  private static final int ZEROS = (1 << 16) - 1;

  private final List<Span> spans;
  private final int threads;

  /** Per span, in how many pieces it is read: a block's worth of elements each. */
  private final int[] pieces;

  /** By the upper bits of a magnitude. */
  @Getter(lazy = true, value = AccessLevel.PRIVATE)
  private final long[] high = countHigh();

  /** By the lower bits, of the bins that were asked for. */
  private final Map<Integer, long[]> low = new HashMap<>();

  Cuts(List<Span> spans, int threads) {
    this.spans = spans;
    this.threads = threads;
    this.pieces = TensorMask.blocks(spans, Span::length);
  }

  /**
   * Elements that are compared with each other.
   *
   * @param pair their tensor
   * @param from the flat index of the first
   * @param length how many there are
   */
  record Span(Delta.Pair pair, long from, long length) {
    static Span of(Delta.Pair pair) {
      return new Span(pair, 0, pair.tuned().count());
    }

    private long start(int piece) {
      return from + (long) piece * TensorMask.BLOCK;
    }

    private int lengthOf(int piece) {
      return (int) Math.min(TensorMask.BLOCK, from + length - start(piece));
    }
  }

  /** The cut of one span. */
  static Cut of(Span span, DropRate rate, int threads) {
    return new Cuts(List.of(span), threads).find(rate)[0];
  }

  /** How many zeros there are in a span. */
  static long zeros(Span span, int threads) {
    return new Cuts(List.of(span), threads).histogram(1, Cuts::countZeros)[0];
  }

  private long[] countHigh() {
    long[] counted = histogram(ZEROS + 1, Cuts::countHigh);
    counted[ZEROS] = 0;
    return counted;
  }

  /**
   * The cuts of the spans under one threshold; of equal magnitudes those in an earlier span come
   * first.
   */
  Cut[] find(DropRate rate) {
    long[] high = getHigh();
    long wanted = rate.kept(sum(high));
    Cut[] cuts = new Cut[spans.size()];
    if (wanted == 0) {
      Arrays.fill(cuts, Cut.NOTHING);
      return cuts;
    }
    int top = binOf(high, wanted);
    wanted -= above(high, top);
    long[] inTop =
        low.computeIfAbsent(
            top,
            bin -> histogram(LOW + 1, (bits, length, into) -> countLow(bits, length, bin, into)));
    int rest = binOf(inTop, wanted);
    wanted -= above(inTop, rest);
    int threshold = top << LOW_BITS | rest;
    Arrays.fill(cuts, new Cut(threshold, Long.MAX_VALUE));
    if (wanted < inTop[rest]) {
      cutTies(cuts, threshold, wanted);
    }
    return cuts;
  }

  /** The bin that holds the wanted-th largest. */
  private static int binOf(long[] histogram, long wanted) {
    int bin = histogram.length - 1;
    for (long seen = histogram[bin]; seen < wanted; seen += histogram[bin]) {
      bin--;
    }
    return bin;
  }

  private static long above(long[] histogram, int bin) {
    return Arrays.stream(histogram, bin + 1, histogram.length).sum();
  }

  /** Only the first {@code wanted} of the entries equal to the threshold stay. */
  private void cutTies(Cut[] cuts, int threshold, long wanted) {
    long[][] ties = Arrays.stream(pieces).mapToObj(long[]::new).toArray(long[][]::new);
    scan(
        () ->
            (span, piece, bits, length) -> {
              for (int i = 0; i < length; i++) {
                ties[span][piece] += bits[i] == threshold ? 1 : 0;
              }
            });
    long missing = wanted;
    int span = 0;
    for (long sum = sum(ties[0]); sum < missing; sum = sum(ties[span])) {
      missing -= sum;
      span++;
    }
    int piece = 0;
    while (ties[span][piece] < missing) {
      missing -= ties[span][piece++];
    }
    cuts[span] = new Cut(threshold, indexOfTie(spans.get(span), piece, threshold, missing));
    Arrays.fill(cuts, span + 1, cuts.length, new Cut(threshold, -1));
  }

  private static long sum(long[] counts) {
    return Arrays.stream(counts).sum();
  }

  private static long indexOfTie(Span span, int piece, int threshold, long wanted) {
    int length = span.lengthOf(piece);
    int[] bits = new Magnitudes(length).read(span.pair, span.start(piece), length);
    long missing = wanted;
    int i = -1;
    while (missing > 0) {
      missing -= bits[++i] == threshold ? 1 : 0;
    }
    return span.start(piece) + i;
  }

  /** Adds to a histogram what a chunk of magnitudes has in each bin. */
  private interface Tally {
    void add(int[] bits, int length, long[] histogram);
  }

  private static void countHigh(int[] bits, int length, long[] histogram) {
    for (int i = 0; i < length; i++) {
      histogram[bits[i] == 0 ? ZEROS : bits[i] >>> LOW_BITS]++;
    }
  }

  private static void countLow(int[] bits, int length, int top, long[] histogram) {
    for (int i = 0; i < length; i++) {
      if (bits[i] >>> LOW_BITS == top) {
        histogram[bits[i] & LOW]++;
      }
    }
  }

  private static void countZeros(int[] bits, int length, long[] histogram) {
    int zeros = 0;
    for (int i = 0; i < length; i++) {
      zeros += bits[i] == 0 ? 1 : 0;
    }
    histogram[0] += zeros;
  }

  private long[] histogram(int bins, Tally tally) {
    List<long[]> ofThreads = Collections.synchronizedList(new ArrayList<>());
    scan(
        () -> {
          long[] own = new long[bins];
          ofThreads.add(own);
          return (span, piece, bits, length) -> tally.add(bits, length, own);
        });
    long[] sum = ofThreads.get(0);
    for (long[] other : ofThreads.subList(1, ofThreads.size())) {
      Arrays.setAll(sum, bin -> sum[bin] + other[bin]);
    }
    return sum;
  }

  /** Sees one chunk of a piece's magnitudes after another. */
  private interface Visitor {
    void see(int span, int piece, int[] bits, int length);
  }

  private void scan(Supplier<Visitor> perThread) {
    Blocks.forEach(
        threads,
        pieces,
        () -> {
          Magnitudes magnitudes = new Magnitudes();
          Visitor visitor = perThread.get();
          return (span, piece) -> {
            Span whole = spans.get(span);
            long from = whole.start(piece);
            long end = from + whole.lengthOf(piece);
            for (; from < end; from += Magnitudes.CHUNK) {
              int length = (int) Math.min(Magnitudes.CHUNK, end - from);
              visitor.see(span, piece, magnitudes.read(whole.pair, from, length), length);
            }
          };
        });
  }
}
