"""The page *Sales*: takes files of what quoted stones were sold for, and shows how far quotes were off."""
