package io.darex.optim;

import lombok.RequiredArgsConstructor;
import lombok.extern.slf4j.Slf4j;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.solvers.BaseOptimizer;

/**
 * How many iterations and epochs a {@code MultiLayerNetwork} or {@code ComputationGraph} has done.
 *
 * <p>DL4J counts an iteration, and applies the constraints, only after its listeners have heard
 * that it is done, and so with epochs. What a listener saves then, as DL4J's {@code
 * CheckpointListener} does, would take the same iteration twice. So AdamR, which hears of it first,
 * notes the true count in the configuration of the output layer, in a field that is saved and that
 * nothing else uses: the iterations done, or, between an epoch and the next, the epochs done,
 * negative, for by then all iterations are counted.
 */
@Slf4j
@RequiredArgsConstructor
final class NetworkCounts {
  private final Model network;

  void noteIterations(int done) {
    noted().setIterationCount(done);
  }

  void noteEpoch() {
    noted().setIterationCount(-(BaseOptimizer.getEpochCount(network) + 1));
  }

  /** Forgets what was noted for a state that this network has not. */
  void reset() {
    noted().setIterationCount(0);
  }

  /** Ends what DL4J had not counted when the model was saved, as it would have done itself. */
  void catchUp() {
    int noted = noted().getIterationCount();
    int iterations = BaseOptimizer.getIterationCount(network);
    int epochs = BaseOptimizer.getEpochCount(network);
    if (noted == iterations + 1) {
      log.info("iteration {} was not counted when the model was saved; it is now", iterations);
      BaseOptimizer.incrementIterationCount(network, 1);
      BaseOptimizer.applyConstraints(network);
    } else if (noted == -(epochs + 1)) {
      log.info("epoch {} was not counted when the model was saved; it is now", epochs);
      if (network instanceof ComputationGraph graph) {
        graph.incrementEpochCount();
      } else {
        ((MultiLayerNetwork) network).incrementEpochCount();
      }
    }
  }

  /** An output layer is never trained alone, which is what DL4J has this count for. */
  private NeuralNetConfiguration noted() {
    if (network instanceof ComputationGraph graph) {
      ComputationGraphConfiguration all = graph.getConfiguration();
      return ((LayerVertex) all.getVertices().get(all.getNetworkOutputs().get(0))).getLayerConf();
    }
    MultiLayerNetwork layers = (MultiLayerNetwork) network;
    return layers.getLayerWiseConfigurations().getConf(layers.getnLayers() - 1);
  }
}
