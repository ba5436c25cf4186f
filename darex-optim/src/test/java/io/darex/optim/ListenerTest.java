package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.impl.ScoreListener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** AdamR's listener: that training without it fails at once, and what other listeners see. */
class ListenerTest {
  private static final AdamR CONFIG = AdamR.builder().learningRate(0.01).lambda(0.5).build();
  private static final Anchor ALL = Anchor.start(name -> true);
  private static final List<DataSet> BATCHES = Networks.batches(DataType.FLOAT, 3);

  /** The networks there are, with what is done to each in its own way. */
  enum Kind {
    LAYERS {
      @Override
      Object network() {
        return Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
      }
    },
    GRAPH {
      @Override
      Object network() {
        return Networks.graph(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
      }
    },
    SAME_DIFF {
      @Override
      Object network() {
        return Networks.sameDiff(DataType.FLOAT, CONFIG);
      }

      @Override
      void attach(Object network) {
        AdamR.attach((SameDiff) network, ALL);
      }

      @Override
      void fit(Object network, int batch) {
        ((SameDiff) network).fit(BATCHES.get(batch));
      }

      @Override
      void setListeners(Object network) {
        ((SameDiff) network).setListeners(new ScoreListener(100));
      }

      @Override
      void addListeners(Object network) {
        ((SameDiff) network).addListeners(new ScoreListener(100));
      }

      @Override
      SortedMap<String, INDArray> weights(Object network) {
        return new TreeMap<>(SameDiffAdamR.parameters((SameDiff) network));
      }
    };

    abstract Object network();

    void attach(Object network) {
      NetworkAdamRTest.attach((Model) network, ALL);
    }

    void fit(Object network, int batch) {
      NetworkAdamRTest.fit((Model) network, BATCHES.get(batch));
    }

    void setListeners(Object network) {
      ((Model) network).setListeners(new ScoreIterationListener(100));
    }

    void addListeners(Object network) {
      ((Model) network).addListeners(new ScoreIterationListener(100));
    }

    SortedMap<String, INDArray> weights(Object network) {
      return new TreeMap<>(((Model) network).paramTable());
    }

    SortedMap<String, INDArray> copies(Object network) {
      SortedMap<String, INDArray> copies = NetworkAdamRTest.copies(weights(network));
      copies.keySet().removeIf(name -> name.matches("2_(mean|log10stdev)")); // DL4J's own
      return copies;
    }
  }

  @ParameterizedTest
  @EnumSource
  void trainingWithoutItFailsAtTheFirstUpdateAndChangesNothing(Kind kind) {
    Object network = kind.network();
    Map<String, INDArray> before = kind.copies(network);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> kind.fit(network, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("iteration 0: ")
          .hasMessageContaining("call AdamR.attach before training");
    }
    AdamROptimizerTest.assertBitwiseEqual(kind.copies(network), before);
    kind.attach(network);
    kind.fit(network, 0);
    assertThat(kind.copies(network)).isNotEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void setListenersAfterAttachIsNamedAsTheCauseAndAddListenersIsNot(Kind kind) {
    Object network = kind.network();
    kind.attach(network);
    kind.addListeners(network);
    kind.fit(network, 0);
    kind.setListeners(network);
    Map<String, INDArray> before = kind.copies(network);
    assertThatThrownBy(() -> kind.fit(network, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("iteration 1: AdamR was attached")
        .hasMessageContaining("setListeners takes away all listeners")
        .hasMessageContaining("use addListeners");
    AdamROptimizerTest.assertBitwiseEqual(kind.copies(network), before);
    kind.attach(network);
    kind.fit(network, 1);
    assertThat(kind.copies(network)).isNotEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(names = {"LAYERS", "GRAPH"})
  void setListenersBeforeTheFirstIterationIsNamedToo(Kind kind) {
    Object network = kind.network();
    kind.attach(network);
    kind.setListeners(network);
    assertThatThrownBy(() -> kind.fit(network, 0))
        .hasMessageContaining("iteration 0: AdamR was attached")
        .hasMessageContaining("use addListeners");
  }

  @ParameterizedTest
  @EnumSource(names = {"LAYERS", "GRAPH"})
  void anotherPlaceThanTheFirstIsRefused(Kind kind) {
    Object network = kind.network();
    kind.attach(network);
    List<TrainingListener> listeners =
        network instanceof ComputationGraph graph
            ? new java.util.ArrayList<>(graph.getListeners())
            : new java.util.ArrayList<>(((MultiLayerNetwork) network).getListeners());
    listeners.add(new ScoreIterationListener(100));
    Collections.reverse(listeners);
    ((Model) network).setListeners(listeners);
    assertThatThrownBy(() -> kind.fit(network, 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("must be the first")
        .hasMessageContaining("ScoreIterationListener is");
  }

  @ParameterizedTest
  @EnumSource(names = {"LAYERS", "GRAPH"})
  void othersSeeTheUpdateInTheGradient(Kind kind) {
    Model network = (Model) kind.network();
    kind.attach(network);
    SortedMap<String, INDArray> updates = new TreeMap<>();
    network.addListeners(
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            updates.putAll(NetworkAdamRTest.copies(model.gradient().gradientForVariable()));
          }
        });
    for (int batch = 0; batch < 3; batch++) {
      Map<String, INDArray> before = kind.copies(network);
      kind.fit(network, batch);
      Map<String, INDArray> after = kind.copies(network);
      for (String name : after.keySet()) {
        if (updates.containsKey(name)) {
          INDArray moved = before.get(name).sub(after.get(name));
          assertThat(updates.get(name).equalsWithEps(moved, 0)).as(name).isTrue();
          assertThat(updates.get(name).amaxNumber().doubleValue()).as(name).isPositive();
        }
      }
      assertThat(updates.keySet()).hasSizeGreaterThan(4);
    }
  }

  /** As the Javadoc of {@link SameDiffAdamR} says. */
  @ParameterizedTest
  @EnumSource(names = "SAME_DIFF")
  void othersSeeZerosAsUpdatesOfSameDiff(Kind kind) {
    SameDiff sd = (SameDiff) kind.network();
    kind.attach(sd);
    SortedMap<String, Double> updates = new TreeMap<>();
    sd.addListeners(
        new TrainingOnly() {
          @Override
          public void preUpdate(SameDiff inner, At at, Variable variable, INDArray update) {
            updates.put(variable.getName(), update.amaxNumber().doubleValue());
          }
        });
    kind.fit(sd, 0);
    assertThat(updates).hasSize(3).allSatisfy((name, size) -> assertThat(size).isZero());
  }
}
