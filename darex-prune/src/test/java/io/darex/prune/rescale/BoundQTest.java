package io.darex.prune.rescale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;

class BoundQTest {
  private static final int GRID = 20_000;

  /** The cost as docs/METHOD.md §3.3 writes it. */
  private static double cost(double sum, double squares, double eta, double p, double q) {
    double phi = p == 0.5 ? 0.5 : (1 - 2 * p) / Math.log((1 - p) / p);
    return Math.abs(
        eta * (1 - (1 - p) / q) * sum
            + eta * eta * phi * squares / (4 * q * q)
            + Math.log(2 / (1 - 0.95)));
  }

  /** docs/METHOD.md §9: the closed form equals the grid to its step; both signs of S, and p = ½. */
  @Property(tries = 300)
  void isTheBestOfAGridToItsStep(
      @ForAll @Scale(6) @DoubleRange(min = -20, max = 20) double sum,
      @ForAll @Scale(6) @DoubleRange(min = 1e-3, max = 20) double squares,
      @ForAll @Scale(6) @DoubleRange(min = 1e-2, max = 3) double eta,
      @ForAll @Scale(6) @DoubleRange(min = 0.05, max = 0.999) double p) {
    for (double rate : new double[] {p, 0.5}) {
      double least = 1 - rate;
      double step = (1 - least) / GRID;
      double best = least;
      double lowest = Double.POSITIVE_INFINITY;
      for (int i = 0; i <= GRID; i++) {
        double q = least + i * step;
        double cost = cost(sum, squares, eta, rate, q);
        if (cost < lowest) {
          lowest = cost;
          best = q;
        }
      }
      double q = BoundQ.of(sum, squares, eta, least);
      assertThat(q).isBetween(least, 1.0);
      assertThat(cost(sum, squares, eta, rate, q)).isLessThanOrEqualTo(lowest + 1e-12);
      // Where the cost has no visible minimum only its value can be compared.
      double beside =
          Math.min(
              cost(sum, squares, eta, rate, Math.max(least, best - 2 * step)),
              cost(sum, squares, eta, rate, Math.min(1, best + 2 * step)));
      boolean atAnEnd = best == least || best > 1 - step;
      if (beside > lowest + 1e-12 || atAnEnd) {
        assertThat(q).isCloseTo(best, within(1.01 * step));
      }
    }
  }

  @Test
  void edgesAreThoseOfTheMethod() {
    assertThat(BoundQ.of(3, 0, 1, 0.1)).isEqualTo(0.1);
    assertThat(BoundQ.of(0, 0, 1, 0.1)).isEqualTo(0.1);
    assertThat(BoundQ.of(0, 2, 1, 0.1)).isEqualTo(1);
    assertThat(BoundQ.of(-3, 2, 0, 0.1)).isEqualTo(0.1);
    assertThat(BoundQ.of(0, 2, 0, 0.1)).isEqualTo(0.1);
    assertThat(BoundQ.of(-3, 2, 1, 1)).isEqualTo(1);
    assertThat(BoundQ.of(1e-300, 1e300, 1e300, 0.1)).isEqualTo(1);
    assertThat(BoundQ.of(-1e-3, 1e-6, 0.4, 0.01)).isEqualTo(1);
    // By hand: Φ(½) = ½, so 4·½·1/(2·½·4) = ½, and one more.
    assertThat(BoundQ.of(4, 1.5, 4, 0.5)).isCloseTo(0.75, within(1e-15));
  }

  @Test
  void phiIsSmoothThroughOneHalf() {
    assertThat(BoundQ.phi(0.5)).isEqualTo(0.5);
    assertThat(BoundQ.phi(0)).isZero();
    for (double y : new double[] {1e-9, 1e-4, 9.99e-4, 1.001e-3, 0.01, 0.3}) {
      double p = (1 - y) / 2;
      double exact = phi(p);
      assertThat(BoundQ.phi(p)).isCloseTo(exact, within(1e-13));
      assertThat(BoundQ.phi(1 - p)).isCloseTo(exact, within(1e-13));
    }
  }

  /** By the series of artanh in 50 digits. */
  private static double phi(double p) {
    MathContext digits = new MathContext(50);
    BigDecimal y = BigDecimal.ONE.subtract(new BigDecimal(p).multiply(BigDecimal.valueOf(2)));
    BigDecimal power = BigDecimal.ONE;
    BigDecimal sum = BigDecimal.ZERO;
    for (int k = 1; k < 80; k += 2) {
      sum = sum.add(power.divide(BigDecimal.valueOf(k), digits), digits);
      power = power.multiply(y, digits).multiply(y, digits);
    }
    return BigDecimal.ONE.divide(sum.multiply(BigDecimal.valueOf(2)), digits).doubleValue();
  }
}
