package io.darex.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * One parameter of a {@code MultiLayerNetwork} or {@code ComputationGraph} that AdamR trains.
 *
 * <p>DL4J keeps all parameters in one vector and gives neighbours of equal configuration to one
 * updater, an updater block; its state is the m of all of them, then the v of all, then the
 * anchors. So all arrays of a parameter are cut out by its place in its block.
 *
 * <p>That place is where its array lies in the vector, not where DL4J's updater has it: {@code
 * UpdaterBlock} presumes the order of {@code paramTable}, which for one is another in depthwise and
 * separable convolutions.
 *
 * @param name as in the network's {@code paramTable}
 * @param shaped the parameter in its own shape
 * @param from where it begins in its block
 * @param values the parameter as a vector, in the order of memory
 * @param update its part of the network's gradient, laid out like {@code values}
 */
record NetworkParameter(
    String name,
    INDArray shaped,
    UpdaterBlock.ParamState place,
    AdamRUpdater updater,
    long from,
    INDArray values,
    INDArray update) {

  /**
   * All that AdamR trains.
   *
   * @throws IllegalStateException if DL4J's updater would give a part of a parameter to another
   *     configuration than the parameter's own
   */
  static List<NetworkParameter> of(Model network) {
    IdentityHashMap<Trainable, String> layerNames = layerNames(network);
    Map<String, INDArray> shaped = network.paramTable();
    INDArray all = flat(network.params());
    INDArray gradients = flat(updater(network).getFlattenedGradientsView());
    List<NetworkParameter> parameters = new ArrayList<>();
    for (UpdaterBlock block : blocks(network)) {
      if (block.getGradientUpdater() instanceof AdamRUpdater updater) {
        for (UpdaterBlock.ParamState place : block.getLayersAndVariablesInBlock()) {
          if (place.getParamView() != null) {
            String name = layerNames.get(place.getLayer()) + "_" + place.getParamName();
            INDArray parameter = shaped.get(name);
            long start = start(name, parameter, all);
            long end = start + parameter.length();
            checkInside(name, start, end, block);
            parameters.add(
                new NetworkParameter(
                    name,
                    parameter,
                    place,
                    updater,
                    start - block.getParamOffsetStart(),
                    all.get(NDArrayIndex.interval(start, end)),
                    gradients.get(NDArrayIndex.interval(start, end))));
          }
        }
      }
    }
    return parameters;
  }

  private static INDArray flat(INDArray array) {
    return array.reshape(array.length());
  }

  private static long start(String name, INDArray parameter, INDArray all) {
    if (memory(parameter) != memory(all)) {
      throw new IllegalStateException(
          name + " does not lie in the vector of the network's parameters: AdamR cannot train it");
    }
    return parameter.offset() - all.offset();
  }

  private static DataBuffer memory(INDArray array) {
    DataBuffer whole = array.data().originalDataBuffer();
    return whole == null ? array.data() : whole;
  }

  private static void checkInside(String name, long start, long end, UpdaterBlock block) {
    if (start < block.getParamOffsetStart() || end > block.getParamOffsetEnd()) {
      throw new IllegalStateException(
          "%s lies at [%d, %d) of the network's parameters, but DL4J applies its updater at [%d, %d): its layer keeps weights and biases in another order than DL4J's updaters take them in. Give all parameters of that layer the same updater (no biasUpdater)"
              .formatted(name, start, end, block.getParamOffsetStart(), block.getParamOffsetEnd()));
    }
  }

  /** The updater blocks, another list whenever DL4J has made the updater anew. */
  static List<UpdaterBlock> blocks(Model network) {
    return updater(network).getUpdaterBlocks();
  }

  private static BaseMultiLayerUpdater<?> updater(Model network) {
    Object updater =
        network instanceof ComputationGraph graph
            ? graph.getUpdater()
            : ((MultiLayerNetwork) network).getUpdater();
    return (BaseMultiLayerUpdater<?>) updater;
  }

  private static IdentityHashMap<Trainable, String> layerNames(Model network) {
    IdentityHashMap<Trainable, String> names = new IdentityHashMap<>();
    if (network instanceof ComputationGraph graph) {
      for (GraphVertex vertex : graph.getVertices()) {
        names.put(vertex, vertex.getVertexName());
      }
    } else {
      Trainable[] layers = ((MultiLayerNetwork) network).getLayers();
      for (int i = 0; i < layers.length; i++) {
        names.put(layers[i], String.valueOf(i));
      }
    }
    return names;
  }

  /**
   * The configuration in force, also where it was changed after training had begun.
   *
   * @throws IllegalStateException if it is not AdamR's any more
   */
  AdamR config() {
    IUpdater config = place.getLayer().getConfig().getUpdaterByParam(place.getParamName());
    if (config instanceof AdamR own) {
      return own;
    }
    throw new IllegalStateException(
        name + " has AdamR's state, but its layer is configured for " + config);
  }

  /** Its part of a vector as long as its block. */
  INDArray cut(INDArray ofBlock) {
    return ofBlock.get(NDArrayIndex.interval(from, from + values.length()));
  }

  /** The anchor in the shape of the parameter, so that a given one can be copied there. */
  AnchorPlane shapedAnchor() {
    INDArray view =
        Shape.newShapeNoCopy(
            cut(updater.anchorPlane().array()), shaped.shape(), shaped.ordering() == 'f');
    if (view == null || !sameStrides(view, shaped)) {
      throw new IllegalStateException(
          "%s lies in memory with strides %s, which AdamR cannot anchor"
              .formatted(name, Arrays.toString(shaped.stride())));
    }
    return new AnchorPlane(view);
  }

  private static boolean sameStrides(INDArray a, INDArray b) {
    for (int i = 0; i < a.rank(); i++) {
      if (a.size(i) > 1 && a.stride(i) != b.stride(i)) {
        return false;
      }
    }
    return true;
  }

  /** Its arrays as a step takes them: plain vectors, in the order of memory. */
  Slot slot() {
    return new Slot(
        name,
        values,
        cut(updater.m()),
        cut(updater.v()),
        new AnchorPlane(cut(updater.anchorPlane().array())).valueOrNull());
  }
}
