package io.darex.bench.sweep;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.commons.math3.random.JDKRandomGenerator;
import org.apache.commons.math3.random.RandomGenerator;
import org.deeplearning4j.arbiter.optimize.api.CandidateGenerator;
import org.deeplearning4j.arbiter.optimize.api.data.DataProvider;
import org.deeplearning4j.arbiter.optimize.api.data.DataSource;
import org.deeplearning4j.arbiter.optimize.api.score.ScoreFunction;
import org.deeplearning4j.arbiter.optimize.generator.GeneticSearchCandidateGenerator;
import org.deeplearning4j.arbiter.optimize.generator.GridSearchCandidateGenerator;
import org.deeplearning4j.arbiter.optimize.generator.RandomSearchGenerator;
import org.deeplearning4j.arbiter.optimize.generator.genetic.crossover.UniformCrossover;
import org.deeplearning4j.arbiter.optimize.generator.genetic.crossover.parentselection.RandomTwoParentSelection;
import org.deeplearning4j.arbiter.optimize.generator.genetic.mutation.RandomMutationOperator;
import org.deeplearning4j.arbiter.optimize.generator.genetic.population.PopulationModel;
import org.deeplearning4j.arbiter.optimize.generator.genetic.selection.GeneticSelectionOperator;

/** In which order a space is searched. */
enum Search {
  /** Every combination, the first axis changing fastest. */
  GRID,
  /** Candidate i is the i-th draw from the seed. */
  RANDOM,
  /** Candidate i is bred from those that were finished when it was due. */
  GENETIC;

  private static final double MUTATION = 0.1;

  /** What configurations call it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Arbiter's generator, at its beginning.
   *
   * @param points values of a range on a grid
   * @param population how many a genetic search breeds from
   */
  CandidateGenerator generator(Space space, long seed, int points, int population) {
    return switch (this) {
      case GRID ->
          new GridSearchCandidateGenerator(
              space, points, GridSearchCandidateGenerator.Mode.Sequential, Map.of());
      case RANDOM -> {
        CandidateGenerator random = new RandomSearchGenerator(space, Map.of());
        random.setRngSeed(seed);
        yield random;
      }
      case GENETIC -> genetic(space, seed, population);
    };
  }

  /** Every operator is given the seeded generator: of itself Arbiter seeds none of them. */
  private static CandidateGenerator genetic(Space space, long seed, int population) {
    RandomGenerator random = new JDKRandomGenerator();
    random.setSeed(seed);
    GeneticSelectionOperator selection =
        new GeneticSelectionOperator.Builder()
            .randomGenerator(random)
            .crossoverOperator(
                new UniformCrossover.Builder()
                    .randomGenerator(random)
                    .parentSelection(new RandomTwoParentSelection(random))
                    // Without a crossover the child is the parent's own array, and a mutation would
                    // change the parent.
                    .crossoverRate(1)
                    .build())
            .mutationOperator(
                new RandomMutationOperator.Builder()
                    .randomGenerator(random)
                    .mutationRate(MUTATION)
                    .build())
            .build();
    return new GeneticSearchCandidateGenerator.Builder(space, Upward.SCORE)
        .populationModel(new PopulationModel.Builder().populationSize(population).build())
        .selectionOperator(selection)
        .build();
  }

  /** Says to Arbiter that larger scores are better; it is never asked for one. */
  @SuppressWarnings("deprecation") // Arbiter's interface names a class that it has deprecated
  enum Upward implements ScoreFunction {
    /** The only one. */
    SCORE;

    @Override
    public double score(Object model, DataProvider data, Map<String, Object> parameters) {
      throw new UnsupportedOperationException("a task scores itself");
    }

    @Override
    public double score(Object model, Class<? extends DataSource> data, Properties properties) {
      throw new UnsupportedOperationException("a task scores itself");
    }

    @Override
    public boolean minimize() {
      return false;
    }

    @Override
    public List<Class<?>> getSupportedModelTypes() {
      return List.of();
    }

    @Override
    public List<Class<?>> getSupportedDataTypes() {
      return List.of();
    }
  }
}
