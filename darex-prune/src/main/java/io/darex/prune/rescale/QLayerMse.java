package io.darex.prune.rescale;

import io.darex.prune.Delta;
import io.darex.prune.SparseDelta;
import io.darex.prune.rescale.Shrinkages.LayerShrinkage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The q that is best for the outputs of linear layers (METHOD.md §2, form 2): no labels, no search,
 * no mask; one forward pass over calibration text. It minimises the expected ‖ΔW·X − Δ̂W·X‖_F²: q =
 * (1−p) + p·Σ_j‖ΔW_:j‖²‖X_j‖² / ‖ΔW·X‖_F², a bias delta being one more column with input 1.
 *
 * @param scope one q from the sums over all layers, the default; or one for every layer, where a
 *     bias takes its weight's and every other tensor the layers' mean
 */
public record QLayerMse(Scope scope) implements Rescale {
  static final String NAME = "q-layer-mse";

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
    Shrinkages rates = new Shrinkages(pruned);
    double signal = 0;
    double noise = 0;
    List<LayerShrinkage> shrinkages = new ArrayList<>();
    for (LayerInfluences layer : evidence.required("rescale " + NAME).influences(delta, threads)) {
      double ofLayer = rates.noise(layer.weight()) * layer.weightSquares();
      if (layer.bias().isPresent()) {
        ofLayer += rates.noise(layer.bias().get()) * layer.biasSquares();
      }
      signal += layer.inputs() * layer.outputSquares();
      noise += layer.inputs() * ofLayer;
      shrinkages.add(
          new LayerShrinkage(
              layer.weight(), layer.bias(), Shrinkages.best(layer.outputSquares(), ofLayer)));
    }
    return new Found(
        scope == Scope.LAYER
            ? rates.scale(shrinkages)
            : rates.scale(Shrinkages.best(signal, noise)),
        List.of());
  }
}
