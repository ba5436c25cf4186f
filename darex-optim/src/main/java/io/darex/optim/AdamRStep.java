package io.darex.optim;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One AdamR step over a set of parameters (docs/METHOD.md §4.1).
 *
 * <p>s needs the new v of all anchored parameters, the step needs s. But only their sum enters, and
 * {@code Σ v_t = β2·Σ v_(t−1) + (1−β2)·Σ g²}: so one pass over the gradients alone, which finds
 * NaNs and the norm to clip by as well, gives s before m, v or θ are touched, and a second pass
 * does all the rest. Σ v is summed again from the stored v as that pass goes by, so it never drifts
 * from them and a resumed training has the very same.
 *
 * <p>Work is cut into fixed pieces whose sums are added up in name order, so the bytes that come
 * out do not depend on the number of threads.
 */
final class AdamRStep {
  /** Elements per unit of parallel work on host memory. */
  static final int PIECE = 1 << 16;

  private interface PieceSum {
    double of(Slot slot, long from, long to);
  }

  static final String M_PREFIX = "m:";
  static final String V_PREFIX = "v:";

  private final List<Slot> slots;
  private final int[] firstPiece;
  private final int[] slotOfPiece;
  private final boolean parallel;
  private final double[] pieceSums;
  private final double[] gradientSquares;
  private final double[] secondMoments;
  private boolean begun;

  AdamRStep(Collection<Slot> slots) {
    this.slots = slots.stream().sorted(Comparator.comparing(Slot::name)).toList();
    int count = this.slots.size();
    firstPiece = new int[count + 1];
    for (int i = 0; i < count; i++) {
      Slot slot = this.slots.get(i);
      int piece = slot.kernel().piece();
      long pieces = (slot.length() + piece - 1) / piece;
      firstPiece[i + 1] = Math.toIntExact(firstPiece[i] + pieces);
    }
    slotOfPiece =
        IntStream.range(0, count)
            .flatMap(i -> IntStream.range(firstPiece[i], firstPiece[i + 1]).map(piece -> i))
            .toArray();
    parallel = this.slots.stream().allMatch(slot -> slot.kernel().parallel());
    pieceSums = new double[slotOfPiece.length];
    gradientSquares = new double[count];
    secondMoments = new double[count];
    sum(secondMoments, (slot, from, to) -> slot.kernel().secondMoments(from, to));
  }

  /** The live moments, as {@code m:NAME} and {@code v:NAME}. */
  SortedMap<String, INDArray> moments() {
    SortedMap<String, INDArray> moments = new TreeMap<>();
    for (Slot slot : slots) {
      moments.put(M_PREFIX + slot.name(), slot.m());
      moments.put(V_PREFIX + slot.name(), slot.v());
    }
    return moments;
  }

  List<Slot> slots() {
    return slots;
  }

  /**
   * Takes the step with the gradients and configurations the slots were given.
   *
   * @param iteration from 0; t of the formulas is one more
   * @param maxGradientNorm gradients are scaled down to this norm over all of them; 0 for never
   * @return λ, η and pull of the first anchored parameter, should configurations differ
   * @throws ArithmeticException if a gradient is NaN or infinite; nothing has been changed then
   * @throws IllegalStateException if the iteration does not go with the state, or a schedule gives
   *     a rate or λ that is negative or not finite; nothing has been changed then
   */
  StepReport step(int iteration, int epoch, double maxGradientNorm) {
    checkCount(iteration);
    sum(gradientSquares, (slot, from, to) -> slot.kernel().gradientSquares(from, to));
    double squares = 0;
    for (int i = 0; i < slots.size(); i++) {
      if (!Double.isFinite(gradientSquares[i])) {
        throw new ArithmeticException(
            "the gradient of %s is not finite (Σ g² is %s) in iteration %d"
                .formatted(slots.get(i).name(), gradientSquares[i], iteration));
      }
      squares += gradientSquares[i];
    }
    double norm = Math.sqrt(squares);
    double scale = maxGradientNorm > 0 && norm > maxGradientNorm ? maxGradientNorm / norm : 1;

    double rootMean = rootMeanSecondMoment(iteration + 1, scale);
    Map<AdamR, Coefficients> coefficients = new HashMap<>();
    for (Slot slot : slots) {
      coefficients.computeIfAbsent(
          slot.config(), config -> coefficients(config, iteration, epoch, scale, rootMean));
    }
    sum(
        secondMoments,
        (slot, from, to) -> slot.kernel().advance(from, to, coefficients.get(slot.config())));

    AdamR config = slots.stream().filter(Slot::anchored).findFirst().orElse(slots.get(0)).config();
    return new StepReport(
        iteration,
        config.getLearningRate(iteration, epoch),
        config.getLambda(iteration, epoch),
        s(config, rootMean),
        coefficients.get(config).pull(),
        norm,
        scale);
  }

  /**
   * The bias corrections need t to be the number of steps that are in m and v. DL4J counts
   * iterations elsewhere: restored without its updater a network has the count and no state, and a
   * new {@code TrainingConfig} starts at 0 beside a state that goes on.
   */
  private void checkCount(int iteration) {
    boolean empty = Arrays.stream(secondMoments).allMatch(sum -> sum == 0);
    if (!empty && iteration == 0) {
      throw new IllegalStateException(
          "iteration 0, but AdamR's state is of a training that has begun: set the iteration count"
              + " of the configuration to that of the training");
    }
    if (empty && iteration > 0 && !begun) {
      throw new IllegalStateException(
          "iteration %d, but AdamR's state is empty: restore the updater's state as well, or set the iteration count to 0 to start afresh"
              .formatted(iteration));
    }
    begun = true;
  }

  /** sqrt of the mean v̂ that the coming step will leave in the anchored parameters; 1 if 0. */
  private double rootMeanSecondMoment(int t, double scale) {
    double sum = 0;
    long count = 0;
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      if (slot.anchored()) {
        double beta2 = slot.config().getBeta2();
        double next = beta2 * secondMoments[i] + (1 - beta2) * (scale * scale * gradientSquares[i]);
        sum += next / (1 - Math.pow(beta2, t));
        count += slot.length();
      }
    }
    return sum > 0 ? Math.sqrt(sum / count) : 1;
  }

  private static double s(AdamR config, double rootMean) {
    return config.getNormalisation() == Normalisation.GLOBAL ? rootMean : 1;
  }

  private static Coefficients coefficients(
      AdamR config, int iteration, int epoch, double scale, double rootMean) {
    double rate = scheduled("learning rate", config.getLearningRate(iteration, epoch), iteration);
    double lambda = scheduled("lambda", config.getLambda(iteration, epoch), iteration);
    int t = iteration + 1;
    return new Coefficients(
        scale,
        config.getBeta1(),
        config.getBeta2(),
        rate / (1 - Math.pow(config.getBeta1(), t)),
        1 / (1 - Math.pow(config.getBeta2(), t)),
        config.getEpsilon(),
        Math.min(1, lambda * rate / s(config, rootMean)),
        config.getPenalty());
  }

  private static double scheduled(String name, double value, int iteration) {
    if (!(value >= 0 && Double.isFinite(value))) {
      throw new IllegalStateException(
          "%s must be finite and not negative, its schedule gives %s in iteration %d"
              .formatted(name, value, iteration));
    }
    return value;
  }

  private void sum(double[] into, PieceSum pieceSum) {
    IntStream pieces = IntStream.range(0, slotOfPiece.length);
    (parallel ? pieces.parallel() : pieces)
        .forEach(
            piece -> {
              int i = slotOfPiece[piece];
              Slot slot = slots.get(i);
              int length = slot.kernel().piece();
              long from = (long) (piece - firstPiece[i]) * length;
              long to = Math.min(from + length, slot.length());
              pieceSums[piece] = pieceSum.of(slot, from, to);
            });
    for (int i = 0; i < into.length; i++) {
      double total = 0;
      for (int piece = firstPiece[i]; piece < firstPiece[i + 1]; piece++) {
        total += pieceSums[piece];
      }
      into[i] = total;
    }
  }
}
