package io.darex.bench.pipeline;

import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.report.Results.Score;
import io.darex.bench.task.TaskTexts;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What a fine-tune has to beat. */
final class Baselines {
  private static final int STEPS = 300;

  /** Any constant but 0, which ND4J takes for none and then seeds by the clock. */
  private static final long SEED = 1;

  private Baselines() {}

  /**
   * {@code majority}: the commonest label of train for every text, or of scores their {@code mean};
   * {@code frozen}: a linear layer, with softmax over labels, trained on the pooled output of the
   * untouched encoder, or where it has no pooler on its last layer's at the first token.
   *
   * @param base holding the pre-trained weights
   * @param outputs number of labels; 1 for a regression
   * @param pooler whether its pooled output is its own, and not of a pooler that was drawn
   */
  static Map<String, Score> scores(Splits splits, Encoder base, int outputs, boolean pooler) {
    float[][] wanted = wanted(splits.train().labels(), outputs);
    float[] mean = new float[outputs];
    for (int output = 0; output < outputs; output++) {
      double sum = 0;
      for (float[] row : wanted) {
        sum += row[output];
      }
      mean[output] = (float) (sum / wanted.length);
    }
    INDArray targets = Nd4j.create(wanted);
    if (outputs == 1) {
      // A correlation does not see the mean, which would take the layer most of its steps to learn.
      targets.subi(mean[0]);
    }
    Function<Batch, float[][]> features = pooler ? base::pooled : batch -> firsts(base, batch);
    MultiLayerNetwork head = head(features(splits.train(), features), targets);
    Map<String, Score> scores = new TreeMap<>();
    scores.put(
        outputs == 1 ? "mean" : "majority",
        splits.requireScore(texts -> texts.answers(repeat(mean, texts.size()))));
    scores.put(
        "frozen",
        splits.requireScore(
            texts -> texts.answers(head.output(features(texts, features)).toFloatMatrix())));
    return scores;
  }

  /** What a head ought to put out: 1 at the label and 0 elsewhere, or the score. */
  private static float[][] wanted(double[] gold, int outputs) {
    float[][] wanted = new float[gold.length][outputs];
    for (int i = 0; i < gold.length; i++) {
      if (outputs == 1) {
        wanted[i][0] = (float) gold[i];
      } else {
        wanted[i][(int) gold[i]] = 1;
      }
    }
    return wanted;
  }

  private static float[][] repeat(float[] row, int times) {
    float[][] rows = new float[times][];
    Arrays.fill(rows, row);
    return rows;
  }

  private static INDArray features(TaskTexts texts, Function<Batch, float[][]> features) {
    return Nd4j.create(texts.perText(features));
  }

  private static float[][] firsts(Encoder base, Batch batch) {
    float[] hidden = base.lastHidden(batch);
    int width = base.config().hiddenSize();
    float[][] firsts = new float[batch.rows()][];
    for (int row = 0; row < firsts.length; row++) {
      int at = row * batch.columns() * width;
      firsts[row] = Arrays.copyOfRange(hidden, at, at + width);
    }
    return firsts;
  }

  private static MultiLayerNetwork head(INDArray features, INDArray wanted) {
    boolean scores = wanted.columns() == 1;
    MultiLayerNetwork head =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(SEED)
                .updater(new Adam(1e-2))
                .list()
                .layer(
                    new OutputLayer.Builder(scores ? LossFunction.MSE : LossFunction.MCXENT)
                        .nIn(features.columns())
                        .nOut(wanted.columns())
                        .activation(scores ? Activation.IDENTITY : Activation.SOFTMAX)
                        .build())
                .build());
    head.init();
    for (int step = 0; step < STEPS; step++) {
      head.fit(features, wanted);
    }
    return head;
  }
}
