package io.darex.optim;

import lombok.Value;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * Linear warm-up from 0 to a peak, then linear decay to 0: transformers' {@code
 * get_linear_schedule_with_warmup}.
 *
 * <p>At iteration i (from 0): {@code peak·i/max(1, w)} for {@code i < w}, else {@code peak·max(0,
 * (n−i)/max(1, n−w))}, with w = {@code warmupSteps} and n = {@code totalSteps}. As there, a warm-up
 * makes the very first step one at rate 0: it moves no weight but does feed the moments. Kept, so
 * that a recipe of theirs runs at the same rates here. Epochs are ignored.
 */
@Value
public class WarmupLinearSchedule implements ISchedule {
  double peak;
  int warmupSteps;
  int totalSteps;

  /**
   * A schedule over {@code totalSteps} iterations.
   *
   * @throws IllegalArgumentException if the peak is negative or not finite, there is no step, or
   *     the warm-up is negative or longer than the whole
   */
  @JsonCreator
  public WarmupLinearSchedule(
      @JsonProperty("peak") double peak,
      @JsonProperty("warmupSteps") int warmupSteps,
      @JsonProperty("totalSteps") int totalSteps) {
    if (!(peak >= 0 && Double.isFinite(peak))) {
      throw new IllegalArgumentException("peak must be finite and not negative, got " + peak);
    }
    if (totalSteps < 1) {
      throw new IllegalArgumentException("totalSteps must be at least 1, got " + totalSteps);
    }
    if (warmupSteps < 0 || warmupSteps > totalSteps) {
      throw new IllegalArgumentException(
          "warmupSteps must be in [0, " + totalSteps + "], got " + warmupSteps);
    }
    this.peak = peak;
    this.warmupSteps = warmupSteps;
    this.totalSteps = totalSteps;
  }

  /**
   * A schedule whose warm-up is a share of all steps, rounded up as transformers does.
   *
   * @param warmupFraction in [0, 1]; the reference recipe for encoders has 0.06
   */
  public static WarmupLinearSchedule ofFraction(
      double peak, double warmupFraction, int totalSteps) {
    if (!(warmupFraction >= 0 && warmupFraction <= 1)) {
      throw new IllegalArgumentException("warmupFraction must be in [0, 1], got " + warmupFraction);
    }
    return new WarmupLinearSchedule(peak, (int) Math.ceil(warmupFraction * totalSteps), totalSteps);
  }

  @Override
  public double valueAt(int iteration, int epoch) {
    if (iteration < warmupSteps) {
      return peak * iteration / Math.max(1, warmupSteps);
    }
    return peak * Math.max(0, totalSteps - iteration) / Math.max(1, totalSteps - warmupSteps);
  }

  @Override
  @SuppressWarnings("MethodDoesntCallSuperMethod") // immutable, and super.clone() is protected
  public WarmupLinearSchedule clone() {
    return this;
  }
}
