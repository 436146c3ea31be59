# Data of study serbia-report-2024, one line a quantity. Months 1..35 are 2022-02..2024-12;
# sources are census, residence permits, work permits, companies.

# Published counts; what their printed form leaves open (log scale: exact 0.01, about 0.05,
# rounded 0.03); years over which the baseline accrues (1 for stocks).
"count" <- c(10486, 30000, 19645, 6976)
"precision" <- c(0.01, 0.05, 0.01, 0.03)
"duration" <- c(1, 1, 0.969199178644764, 1)

# Priors of the ratios.
"ratio_median" <- c(0.40, 0.90, 0.45, 0.20)
"ratio_sigma" <- c(0.45, 0.25, 0.45, 0.50)

# Calendar quarter of each month, 1 = 2022Q1.
"quarter" <- c(1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4,
  5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8,
  9, 9, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12)

# Months of the waves, unnormalised.
"invasion_weight" <- c(0.3, 1, 1, 0.6, 0.3, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"mobilisation_weight" <- c(0, 0, 0, 0, 0, 0, 0, 0.5, 1, 0.6, 0.3,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

# Share of each month's days inside the windows of work permits (2023-01-01..2023-12-20: 20 of
# 31 days of December) and companies (2022-02-24..2023-09-12: 5 of 28 and 12 of 30 days).
"presence_share" <- c(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.645161290322581,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"arrival_share" <- c(0.178571428571429, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 0.4, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

# Survey of May 2024: shares arrived in 2022-02..08, 2022-09..12, 2023, 2024-01..05.
"survey_share" <- c(0.38, 0.34, 0.20, 0.08)

# The observed zeros through which densities enter; see the model.
"zero_jacobian" <- c(0, 0, 0, 0)
"zero_census" <- 0
"zero_status" <- c(0, 0, 0)
"zero_survey" <- 0
