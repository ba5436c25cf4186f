package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** What a listener saves while training goes on, and goes on from: bitwise as if never stopped. */
class SaveFromListenerTest {
  private static final AdamR CONFIG =
      AdamR.builder()
          .learningRateSchedule(new WarmupLinearSchedule(0.02, 2, 30))
          .lambdaSchedule(new ExponentialSchedule(ScheduleType.EPOCH, 0.9, 0.5))
          .build();
  private static final List<DataSet> BATCHES = Networks.batches(DataType.FLOAT, 5);
  private static final Anchor BODY = Anchor.start(Anchor.ofLayers("1", "2", "3", "slow_one"));
  private static final Anchor SD_BODY = Anchor.start(Anchor.matching("body.*"));

  @TempDir Path folder;

  private enum Moment {
    FORWARD,
    GRADIENT,
    ITERATION_DONE,
    EPOCH_END
  }

  /** Saves once, in iteration 6 (of 0 to 9) or at the end of the first epoch of 5 iterations. */
  private final class Saver extends BaseTrainingListener {
    private final Moment moment;
    private final File file = folder.resolve("saved.zip").toFile();
    private int iterations;

    Saver(Moment moment) {
      this.moment = moment;
    }

    private void save(Model model, Moment now) {
      boolean due = now == Moment.EPOCH_END ? iterations == 5 : iterations == 6;
      if (now == moment && due) {
        try {
          ModelSerializer.writeModel(model, file, true);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    @Override
    public void onForwardPass(Model model, List<org.nd4j.linalg.api.ndarray.INDArray> all) {
      save(model, Moment.FORWARD);
    }

    @Override
    public void onForwardPass(Model model, Map<String, org.nd4j.linalg.api.ndarray.INDArray> all) {
      save(model, Moment.FORWARD);
    }

    @Override
    public void onGradientCalculation(Model model) {
      save(model, Moment.GRADIENT);
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
      save(model, Moment.ITERATION_DONE);
      iterations++;
    }

    @Override
    public void onEpochEnd(Model model) {
      save(model, Moment.EPOCH_END);
    }
  }

  @ParameterizedTest
  @CsvSource({"FORWARD, 1", "GRADIENT, 1", "ITERATION_DONE, 2", "EPOCH_END, 0"})
  void networksGoOnExactly(Moment moment, int from) throws IOException {
    for (boolean graph : new boolean[] {false, true}) {
      Model straight =
          graph ? Networks.graph(DataType.FLOAT, CONFIG, CONFIG, new Adam(0.01)) : constrained();
      NetworkAdamRTest.attach(straight, BODY);
      Saver saver = new Saver(moment);
      straight.addListeners(saver);
      fit(straight, 0);
      fit(straight, 0);

      Model resumed =
          graph
              ? ModelSerializer.restoreComputationGraph(saver.file, true)
              : ModelSerializer.restoreMultiLayerNetwork(saver.file, true);
      NetworkAdamRTest.attach(resumed, BODY);
      fit(resumed, from);

      assertThat(counts(resumed)).isEqualTo(counts(straight)).containsExactly(10, 2);
      AdamROptimizerTest.assertBitwiseEqual(
          Map.of("θ", resumed.params(), "state", NetworkAdamRTest.state(resumed)),
          Map.of("θ", straight.params(), "state", NetworkAdamRTest.state(straight)));
    }
  }

  /** DL4J's constraints come after its listeners, so what these save lacks them. */
  private static MultiLayerNetwork constrained() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(11)
                .activation(Activation.TANH)
                .updater(CONFIG)
                .constrainWeights(new MaxNormConstraint(0.3, 1))
                .list()
                .layer(new DenseLayer.Builder().nIn(Networks.INPUTS).nOut(5).build())
                .layer(new DenseLayer.Builder().nIn(5).nOut(6).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(6)
                        .nOut(Networks.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .updater(new Adam(0.01))
                        .build())
                .build());
    network.init();
    return network;
  }

  private static void fit(Model network, int from) {
    ExistingDataSetIterator rest =
        new ExistingDataSetIterator(BATCHES.subList(from, BATCHES.size()));
    if (network instanceof ComputationGraph graph) {
      graph.fit(rest);
    } else {
      ((MultiLayerNetwork) network).fit(rest);
    }
  }

  private static List<Integer> counts(Model network) {
    return network instanceof ComputationGraph graph
        ? List.of(graph.getIterationCount(), graph.getEpochCount())
        : List.of(
            ((MultiLayerNetwork) network).getIterationCount(),
            ((MultiLayerNetwork) network).getEpochCount());
  }

  @Test
  void dl4jsOwnCheckpointsGoOnExactly() throws IOException {
    MultiLayerNetwork straight = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    AdamR.attach(straight, BODY);
    straight.addListeners(
        new CheckpointListener.Builder(folder.toFile()).keepAll().saveEveryNIterations(7).build());
    fit(straight, 0);
    fit(straight, 0);

    MultiLayerNetwork resumed = CheckpointListener.loadCheckpointMLN(folder.toFile(), 0);
    AdamR.attach(resumed, BODY);
    AdamR.attach(resumed, BODY); // a second time changes nothing
    fit(resumed, 3);

    assertThat(counts(resumed)).containsExactly(10, 2);
    AdamROptimizerTest.assertBitwiseEqual(
        Map.of("θ", resumed.params()), Map.of("θ", straight.params()));
  }

  @ParameterizedTest
  @CsvSource({"ITERATION_DONE, 2", "EPOCH_END, 0"})
  void sameDiffGoesOnExactly(Moment moment, int from) {
    File file = folder.resolve("saved.fb").toFile();
    SameDiff straight = Networks.sameDiff(DataType.FLOAT, CONFIG);
    SameDiffAdamR expected = AdamR.attach(straight, SD_BODY);
    straight.addListeners(
        new TrainingOnly() {
          @Override
          public void iterationDone(SameDiff sd, At at, MultiDataSet data, Loss loss) {
            if (moment == Moment.ITERATION_DONE && at.iteration() == 6) {
              straight.save(file, true); // sd is DL4J's gradient function here
            }
          }

          @Override
          public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve losses, long time) {
            if (moment == Moment.EPOCH_END && at.epoch() == 0) {
              sd.save(file, true);
            }
            return ListenerResponse.CONTINUE;
          }
        });
    straight.fit(new ExistingDataSetIterator(BATCHES), 1);
    straight.fit(new ExistingDataSetIterator(BATCHES), 1);

    SameDiff resumed = SameDiff.load(file, true);
    SameDiffAdamR attached = AdamR.attach(resumed, SD_BODY);
    resumed.fit(new ExistingDataSetIterator(BATCHES.subList(from, 5)), 1);

    AdamROptimizerTest.assertBitwiseEqual(
        SameDiffAdamR.parameters(resumed), SameDiffAdamR.parameters(straight));
    assertThat(attached.lastStep()).isEqualTo(expected.lastStep());
    assertThat(resumed.getTrainingConfig().getIterationCount()).isEqualTo(10);
    assertThat(resumed.getTrainingConfig().getEpochCount()).isEqualTo(2);
  }

  /** A listener of {@code fit} is called before those of the network. */
  @Test
  void aSaveWithinAStepIsRefused() {
    SameDiff sd = Networks.sameDiff(DataType.FLOAT, CONFIG);
    AdamR.attach(sd, SD_BODY);
    TrainingOnly early =
        new TrainingOnly() {
          @Override
          public void iterationDone(SameDiff inner, At at, MultiDataSet data, Loss loss) {
            sd.save(folder.resolve("early.fb").toFile(), true);
          }
        };
    assertThatThrownBy(() -> sd.fit(new ExistingDataSetIterator(BATCHES), 1, early))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the AdamR step of this iteration is not finished");
  }

  /** A step taken back by hand is not mistaken for one that was not counted. */
  @Test
  void aStateBroughtBackGoesOnFromThere() {
    MultiLayerNetwork network = Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    AdamR.attach(network, BODY);
    network.fit(BATCHES.get(0));
    var params = network.params().dup();
    var state = NetworkAdamRTest.state(network).dup();
    network.fit(BATCHES.get(1));
    var expected = network.params().dup();

    network.setParams(params);
    network.getUpdater().setStateViewArray(network, state, false);
    network.setIterationCount(1);
    AdamR.attach(network, BODY);
    network.fit(BATCHES.get(1));
    AdamROptimizerTest.assertBitwiseEqual(Map.of("θ", network.params()), Map.of("θ", expected));
  }
}
