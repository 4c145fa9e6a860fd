-- options: dir

-- nothing yet
