package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.Scale;
import io.darex.prune.SparseDelta;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The q that is best for the network's outputs to first order (METHOD.md §2, form 4): no labels, no
 * search, one backward pass for every output on calibration text. With G_e the gradient of output
 * e, S_{e,l} = ⟨Δ_l, G_{e,l}⟩ and Q_{e,l} = Σ(Δ_l∘G_{e,l})², the expected squared change of the
 * outputs at shrinkages σ_l = (1−p_l)/q_l is
 *
 * <pre>Σ_e (Σ_l (1−σ_l)·S_{e,l})² + Σ_l σ_l²·p_l/(1−p_l)·Σ_e Q_{e,l},   1−p_l ≤ σ_l ≤ 1,</pre>
 *
 * and its minimum over one σ, at one rate, is q = (1−p) + p·Σ_e Q_e / Σ_e S_e². A tensor on which
 * no output depends has q = 1 − p.
 *
 * @param scope one σ for all tensors, the default for few texts determine one number well; or one
 *     for every tensor, all at once
 */
public record QFirstOrder(Scope scope) implements Rescale {
  static final String NAME = "q-first-order";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Map<String, Object> parameters() {
    return Map.of("scope", scope.name().toLowerCase(Locale.ROOT));
  }

  @Override
  public Found find(Delta delta, SparseDelta pruned, Evidence evidence, int threads) {
    FirstOrderSums sums = evidence.required("rescale " + NAME).firstOrder(delta, threads);
    return new Found(scale(sums, new Shrinkages(pruned)), List.of());
  }

  private Scale scale(FirstOrderSums sums, Shrinkages rates) {
    if (scope == Scope.LAYER) {
      double[] shrinkages = joint(sums, rates);
      // What this delta does not prune has no gradient: DARE.
      return rates.scale(1, name -> shrinkages[sums.names().indexOf(name)]);
    }
    return rates.scale(Shrinkages.best(sums.signal(), sums.noise(rates)));
  }

  private static double[] joint(FirstOrderSums sums, Shrinkages rates) {
    int tensors = sums.names().size();
    double[][] products = new double[tensors][tensors];
    double[] right = new double[tensors];
    for (int e = 0; e < sums.outputs(); e++) {
      for (int i = 0; i < tensors; i++) {
        for (int j = 0; j < tensors; j++) {
          double product = sums.linear(e, i) * sums.linear(e, j);
          products[i][j] += product;
          right[i] += product;
        }
      }
    }
    double[] least = new double[tensors];
    for (int i = 0; i < tensors; i++) {
      String name = sums.names().get(i);
      products[i][i] += rates.noise(name) * sums.squares(i);
      least[i] = rates.of(name);
    }
    double[] most = new double[tensors];
    Arrays.fill(most, 1);
    return BoxQuadratic.minimise(products, right, least, most);
  }
}
